/** `drover plan|apply|destroy`. */
import type { Command } from 'commander';
import type { ChangeCallOptions, DroverClient } from '../../client';
import { DroverError, ERRORS } from '../../contract/errors';
import type { ApplyResult, ChangeView, FleetFile, PlanResult } from '../../contract/fleet';
import { plainName, parseDurationMs, parseWhole, requestIdOption, commandOf } from '../lib/arguments';
import { confirm } from '../lib/confirm';
import { findingLines, followChange, planLines } from '../lib/changes';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { ExitWith } from '../lib/failure';
import { collect, loadFleetFiles } from '../files/fleet-files';
import { type Format, print, say, withOutput } from '../lib/output';

interface ChangeFlags extends ConnectionFlags {
  readonly output: Format;
  readonly file?: readonly string[];
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly cancel?: boolean;
  readonly forget?: boolean;
  readonly yes?: boolean;
  readonly timeout?: number;
  readonly expectRevision?: number;
  readonly exitCode?: boolean;
  readonly requestId?: string;
}

const FILES = 'a fleet file, a folder of them, or - for standard input; may be repeated';

/** `plan --exit-code`: there is something to do (docs/cli.md, "What is printed"). */
const CHANGES = 10;

/** Adds the command to the program. */
export function register(program: Command): void {
  command(program, 'plan')
    .requiredOption('-f, --file <file>', FILES, collect)
    .option('--exit-code', 'exit code 0: nothing to do, 10: changes')
    .action((flags: ChangeFlags) => plan(flags));
  command(program, 'apply')
    .requiredOption('-f, --file <file>', FILES, collect)
    .option('--dry-run', 'only show what would be done')
    // In this order: a `--no-` option that comes first would make `--wait` the default.
    .option('--wait', 'while another change of the fleet runs, wait for its end')
    .option('--no-wait', 'do not follow the change')
    .option('--expect-revision <n>', 'refuse when the fleet is at another revision', parseWhole)
    .option('--yes', 'do not ask before agents are replaced or removed')
    .addOption(requestIdOption())
    .option('--timeout <duration>', 'how long to follow the change', parseDurationMs)
    .action((flags: ChangeFlags) => apply(flags));
  command(program, 'destroy')
    .argument('[fleet]')
    .option('-f, --file <file>', 'the fleet file, instead of the name', collect)
    // In this order: a `--no-` option that comes first would make `--wait` the default.
    .option('--wait', 'while another change of the fleet runs, wait for its end')
    .option('--no-wait', 'do not follow the change')
    .option('--cancel', 'cancel a running change of the fleet, and wait until it is undone')
    .option('--forget', 'give up what cannot be removed')
    .option('--yes', 'do not ask')
    .addOption(requestIdOption())
    .option('--timeout <duration>', 'how long to follow the change', parseDurationMs)
    .action((name: string | undefined, flags: ChangeFlags) => destroy(name, flags));
}

function command(program: Command, name: string): Command {
  return withOutput(withConnection(program.command(name)));
}

async function plan(flags: ChangeFlags): Promise<void> {
  const files = await loadFleetFiles(flags.file ?? [], flags.output);
  const planned = await withClient(flags, async ({ fleets }) => {
    const all: PlanResult[] = [];
    for (const { metadata, spec } of files) all.push(await fleets.plan(metadata.name, spec));
    return all;
  });
  for (const [index, result] of planned.entries())
    await printPlan(flags.output, files[index]?.metadata.name ?? '', result);
  const unmet = planned.flatMap((result) => result.unmet ?? []);
  // As `apply` would end.
  const refused = unmet.some(({ code }) => code === 'Forbidden') ? ERRORS.Forbidden : ERRORS.ProviderError;
  if (unmet.length > 0) throw new ExitWith(refused.exit);
  if (flags.exitCode && planned.some(isChange)) throw new ExitWith(CHANGES);
}

async function apply(flags: ChangeFlags): Promise<void> {
  if (flags.dryRun) return plan(flags);
  const files = await loadFleetFiles(flags.file ?? [], flags.output);
  if (files.length > 1 && (flags.requestId !== undefined || flags.expectRevision !== undefined))
    throw new DroverError(
      'InvalidRequest',
      '--request-id and --expect-revision are of one fleet; apply its file alone',
    );
  await withClient(flags, async (client) => {
    for (const file of files) await applyOne(client, file, flags);
  });
}

async function applyOne(client: DroverClient, file: FleetFile, flags: ChangeFlags): Promise<void> {
  const fleet = file.metadata.name;
  await confirmApply(client, file, flags);
  const { expectRevision, wait, timeout } = flags;
  const expected = expectRevision === undefined ? {} : { expectRevision };
  const request = { spec: file.spec, ...expected, ...commandOf(flags) };
  const applied = await client.fleets.apply(fleet, request, waiting(fleet, wait));
  const change = wait === false ? null : await followChange(client, fleet, applied, limited(timeout));
  await print(flags.output, {
    data: change ?? applied,
    names: applied.changes.map(({ agent }) => `${fleet}/${agent}`),
    text: () => (change ? `fleet ${fleet} is at revision ${String(change.revision)}` : appliedText(fleet, applied)),
  });
}

/** An apply without a change may still start a pool again. */
function appliedText(fleet: string, applied: ApplyResult): string {
  return isChange(applied) ? planLines(fleet, applied).join('\n') : `fleet ${fleet} is as its file says; nothing to do`;
}

async function destroy(name: string | undefined, flags: ChangeFlags): Promise<void> {
  if ((name === undefined) === (flags.file === undefined)) {
    throw new DroverError('InvalidRequest', 'destroy needs either the name of a fleet or -f with its file');
  }
  const fleet = name === undefined ? await fleetIn(flags) : plainName(name);
  await confirm(flags, `Destroy fleet ${fleet} with all of its agents?`);
  await withClient(flags, async (client) => {
    const request = { ...(flags.forget ? { forget: true } : {}), ...commandOf(flags) };
    const busy = flags.cancel ? whileBusy(fleet, 'cancel') : waiting(fleet, flags.wait);
    const applied = await client.fleets.destroy(fleet, request, busy);
    const followed = flags.wait !== false;
    const change = followed
      ? await followChange(client, fleet, applied, limited(flags.timeout)).catch(withWayOut(fleet, flags))
      : null;
    const text = () => (followed ? destroyedText(fleet, change) : `fleet ${fleet} is being destroyed`);
    await print(flags.output, { data: change ?? applied, names: [fleet], text });
  });
}

/** Adds to a failed removal how to give up what remains. */
function withWayOut(fleet: string, { forget }: ChangeFlags) {
  return (error: unknown): never => {
    if (forget || !(error instanceof DroverError && error.code === 'ProviderError')) throw error;
    const wayOut = `  try again, or give up what cannot be removed with drover destroy ${fleet} --forget`;
    throw new DroverError(error.code, `${error.message}\n${wayOut}`, error.details, { cause: error });
  };
}

function destroyedText(fleet: string, change: ChangeView | null): string {
  const forgotten = (change?.forgotten ?? []).map(
    ({ agent, provider, resourceId, key, why }) =>
      `  ${fleet}/${agent}: ${provider} ${resourceId ?? '-'}, key ${key}: ${why}`,
  );
  const given =
    forgotten.length === 0 ? [] : ['given up, and perhaps still running (drover gc looks for it):', ...forgotten];
  return [`fleet ${fleet} is destroyed`, ...given].join('\n');
}

/** The fleet of the only file. */
async function fleetIn({ file: paths = [], output }: ChangeFlags): Promise<string> {
  const [file, ...others] = await loadFleetFiles(paths, output);
  if (file && others.length === 0) return file.metadata.name;
  throw new DroverError('InvalidRequest', 'destroy takes the file of one fleet; name the others one by one');
}

/**
 * Asks on a terminal before agents are replaced or deleted. New agents and hot updates need no
 * confirmation.
 */
async function confirmApply({ fleets }: DroverClient, file: FleetFile, flags: ChangeFlags): Promise<void> {
  if (flags.yes || !process.stdin.isTTY) return;
  const { changes, differences = [] } = await fleets.plan(file.metadata.name, file.spec, { check: false });
  const losses = changes.filter(({ kind }) => kind === 'replace' || kind === 'delete');
  if (losses.length === 0) return;
  for (const line of planLines(file.metadata.name, { changes: losses, settings: [], differences })) say(line);
  await confirm(flags, 'Go on?');
}

async function printPlan(format: Format, fleet: string, planned: PlanResult): Promise<void> {
  await print(format, {
    data: planned,
    names: planned.changes.map(({ agent }) => `${fleet}/${agent}`),
    text: () => [appliedText(fleet, planned), ...findingLines(fleet, planned)].join('\n'),
  });
}

function isChange({ changes, settings, pools = [] }: ApplyResult): boolean {
  return changes.length + settings.length + pools.length > 0;
}

function waiting(fleet: string, wait: boolean | undefined): Pick<ChangeCallOptions, 'ifBusy' | 'onBusy'> {
  return wait ? whileBusy(fleet, 'wait') : {};
}

/** Says what the command waits for: a change may take minutes, and its undo too. */
function whileBusy(fleet: string, ifBusy: 'wait' | 'cancel'): Pick<ChangeCallOptions, 'ifBusy' | 'onBusy'> {
  const what =
    ifBusy === 'wait' ? 'waits for the change that runs' : 'cancels the change that runs, and undoes it first';
  return {
    ifBusy,
    onBusy: ({ revision }) => {
      say(`fleet ${fleet}: ${what} (revision ${String(revision)}); drover describe fleet ${fleet} --watch shows it`);
    },
  };
}

function limited(timeoutMs: number | undefined): { timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs };
}
