/** `drover up`: runs everything on this machine until it is stopped. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isOutage } from '../../../client/temporal/backoff';
import { isUnanswered } from '../../../client/temporal/unanswered';
import { DroverError } from '../../../contract/errors';
import { endOrphan } from '../../../dev/embedded';
import { isFree } from '../../../dev/ports';
import { keepPorts } from '../../../dev/state-dir';
import { lockStateDirectory, unlockStateDirectory, writeUpState } from '../../../dev/up-state';
import { monotonicMs } from '../../../lib/clock';
import { followChange, planLines } from '../../lib/changes';
import { jsonOrText, parsePort } from '../../lib/arguments';
import { ExitWith, FAILED, INTERRUPTED } from '../../lib/failure';
import { farewell, howToStop } from '../../text/up/farewell';
import { runningAgents } from '../../lib/running-agents';
import { type LoadedFleet, loadFleetFile } from '../../files/fleet-file';
import { say, write } from '../../lib/output';
import { seconds } from '../../lib/progress';
import { followRun, resultText } from '../../text/run-output';
import { type Loaded, loadUpSettings, type StopRequest, stopRequested } from '../../lib/serve';
import { look, tellNews } from '../../lib/up-news';
import { type Services, startServices } from '../../lib/up-services';
import { dashboardLink } from '../../lib/gateway';
import { agentTable, nextCommands, whereText } from '../../text/up/up';

interface UpFlags {
  readonly port?: number;
  readonly uiPort?: number;
  readonly gatewayPort?: number;
  readonly task?: string;
  readonly keep?: boolean;
  readonly destroy?: boolean;
}

/** How the work of `up` ended. */
type Outcome = 'done' | 'no answer' | 'interrupted';

/**
 * Destroying the fleet at the end may take a stop with its grace period, and a person waits at the
 * terminal.
 */
const DESTROY_MS = 60_000;

/**
 * A person waits for the table of agents, so it appears this long after the start, even when some
 * agents do not answer. After a kill, the new worker gets a task of the old one after 10 s, most of
 * which the start has taken.
 */
const TABLE_WITHIN_MS = 11_000;
/**
 * The least time that agents have to answer, however long the start took: they answer in
 * milliseconds.
 */
const ANSWER_MS = 2_000;

/** Adds the command to the program. */
export function register(program: Command): void {
  program
    .command('up')
    .argument('[file]', 'a fleet file to apply')
    .option('--port <port>', "Temporal's port, kept for this directory", parsePort)
    .option('--ui-port <port>', "the port of Temporal's Web UI, kept", parsePort)
    .option('--gateway-port <port>', "the gateway's port, kept; restart agents that know another one", parsePort)
    .option('--task <task>', 'a task to run once the fleet is ready')
    .option('--keep', 'stay up after the task, without a terminal too')
    .option('--destroy', 'destroy the fleet of the file when stopping')
    .action((file: string | undefined, flags: UpFlags) => up(file, flags));
}

async function up(path: string | undefined, flags: UpFlags): Promise<void> {
  if (path === undefined && (flags.task !== undefined || flags.destroy)) {
    throw new DroverError('InvalidRequest', '--task and --destroy need a fleet file');
  }
  const began = monotonicMs();
  const fleet = path === undefined ? undefined : await loadFleetFile(path);
  for (const warning of fleet?.warnings ?? []) say(`warning: ${warning}`);
  const opened = await loadUpSettings();
  lockStateDirectory(opened.state.path);
  try {
    const { settings, state } = await withPorts(opened, flags);
    const stop = stopRequested();
    const services = await startServices(settings, state);
    try {
      writeUpState(state.path, services.where);
      say(`drover: up after ${seconds(monotonicMs() - began)}`);
      await serve(services, fleet, flags, { stop, began });
    } finally {
      await leave(services, fleet, flags);
    }
  } finally {
    unlockStateDirectory(opened.state.path);
  }
}

/**
 * Does the work, then stays if asked. `began` is the start of the command, by the monotonic clock.
 * Throws the error that `up` ends with; all work has ended by then.
 */
async function serve(
  services: Services,
  fleet: LoadedFleet | undefined,
  flags: UpFlags,
  { stop, began }: { readonly stop: StopRequest; readonly began: number },
): Promise<void> {
  const ended = new AbortController();
  const working = work(services, fleet, flags, { signal: ended.signal, began });
  try {
    const outcome = await Promise.race([working, stop.asked.then((): Outcome => 'interrupted'), services.broken]);
    if (outcome === 'interrupted') throw new ExitWith(INTERRUPTED);
    const stays = flags.task === undefined || flags.keep === true || process.stdout.isTTY;
    if (stays) {
      const destroys = flags.destroy ? fleet?.file.metadata.name : undefined;
      // A change after the last line of the start is reported.
      const first = process.stdout.isTTY ? await look(services.client) : null;
      say(`\n${howToStop(destroys, await runningAgents(services.client, destroys))}`);
      const news = process.stdout.isTTY ? tellNews(services.client, first, ended.signal) : Promise.resolve();
      await Promise.race([stop.asked, services.broken, news.then(() => stop.asked)]);
      ended.abort();
      await news;
    }
    if (outcome === 'no answer') throw new ExitWith(FAILED);
  } finally {
    ended.abort();
    await Promise.allSettled([working]);
  }
}

/** Applies the file, runs the task and prints what runs where. */
async function work(
  services: Services,
  fleet: LoadedFleet | undefined,
  { task }: UpFlags,
  { signal, began: startedAt }: { readonly signal: AbortSignal; readonly began: number },
): Promise<Outcome> {
  const { client, where } = services;
  let outcome: Outcome = 'done';
  if (fleet && !(await applyUnlessUnanswered(services, fleet, signal))) outcome = 'no answer';
  else if (fleet && task !== undefined) {
    const began = monotonicMs();
    const ref = await client.runs.start({ fleet: fleet.file.metadata.name, task: jsonOrText(task) });
    const result = await followRun(client, ref, { signal });
    say(`run ${ref.fleet}/${ref.run}: ${String(result.turns)} turns in ${seconds(monotonicMs() - began)}`);
    write(resultText(result));
    if (!result.success) outcome = 'no answer';
  }
  const timeoutMs = Math.max(ANSWER_MS, startedAt + TABLE_WITHIN_MS - monotonicMs());
  const agents = await agentTable(client, fleet?.file, timeoutMs).catch(notListed);
  if (agents !== '') write(`\n${agents}`);
  const { link } = await dashboardLink({ url: where.gateway, token: readFileSync(where.tokenFile, 'utf8').trim() });
  say(
    `\n${whereText(where)}\ndashboard ${link} (works once; drover dashboard prints another)\n\n${nextCommands(fleet?.file)}`,
  );
  return outcome;
}

/**
 * False: the fleet's workflow does not answer, or its change failed at a terminal. This is printed,
 * and `up` serves everything else.
 */
async function applyUnlessUnanswered(services: Services, fleet: LoadedFleet, signal: AbortSignal): Promise<boolean> {
  try {
    await applyFile(services, fleet, signal);
    return true;
  } catch (error) {
    if (!isUnanswered(error) && !staysAfter(error)) throw error;
    say(`drover: ${error.message}`);
    return false;
  }
}

/** A person at a terminal looks at what failed, in the UI and in logs; elsewhere `up` ends with the error. */
function staysAfter(error: unknown): error is DroverError {
  return process.stdout.isTTY && error instanceof DroverError && error.code === 'ProviderError';
}

/** The table is only information, so an outage does not end `up`. */
function notListed(error: unknown): string {
  if (!isOutage(error)) throw error;
  return `the agents could not be listed: ${error.message}`;
}

async function applyFile({ client }: Services, { file }: LoadedFleet, signal: AbortSignal): Promise<void> {
  const name = file.metadata.name;
  const began = monotonicMs();
  const applied = await client.fleets.apply(name, { spec: file.spec });
  for (const line of planLines(name, applied)) say(line);
  const change = await followChange(client, name, applied, { signal });
  say(
    change
      ? `fleet ${name} is at revision ${String(change.revision)} after ${seconds(monotonicMs() - began)}`
      : `fleet ${name} is as its file says`,
  );
}

/** Destroys the fleet if asked, else leaves the agents running; stops everything else. */
async function leave({ client, stop }: Services, fleet: LoadedFleet | undefined, { destroy }: UpFlags): Promise<void> {
  try {
    const name = fleet?.file.metadata.name;
    const destroyed = destroy ? name : undefined;
    if (destroyed !== undefined) await destroyFleet(client, destroyed);
    // The list may still have the agents of a fleet that is gone.
    sayIfAny(farewell(await runningAgents(client, destroyed)));
  } finally {
    await stop();
  }
}

function sayIfAny(text: string | undefined): void {
  if (text !== undefined) say(text);
}

async function destroyFleet(client: Services['client'], fleet: string): Promise<void> {
  try {
    const applied = await client.fleets.destroy(fleet, {}, { ifBusy: 'cancel', timeoutMs: DESTROY_MS });
    await followChange(client, fleet, applied, { timeoutMs: DESTROY_MS });
    say(`fleet ${fleet} is destroyed`);
  } catch (error) {
    // Interrupted before the fleet existed.
    if (!(error instanceof DroverError && error.code === 'FleetNotFound')) throw error;
  }
}

/** Keeps the ports that the flags name, before anything uses them. Throws `Unavailable` for one that is taken. */
async function withPorts(opened: Loaded, { port, uiPort, gatewayPort }: UpFlags): Promise<Loaded> {
  const { path, ports } = opened.state;
  const wanted = { grpc: port ?? ports.grpc, ui: uiPort ?? ports.ui, gateway: gatewayPort ?? ports.gateway };
  if (new Set(Object.values(wanted)).size < 3)
    throw new DroverError('InvalidRequest', `the three ports must differ: ${Object.values(wanted).join(', ')}`);
  const named = [port, uiPort, gatewayPort].filter((given) => given !== undefined);
  if (named.length === 0) return opened;
  await endOrphan(path);
  for (const given of named) {
    if (await isFree(given)) continue;
    throw new DroverError(
      'Unavailable',
      `port ${String(given)} is taken by another program; end it, or name another port`,
    );
  }
  keepPorts(path, wanted);
  return loadUpSettings();
}
