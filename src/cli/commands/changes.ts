/** The commands to a fleet's change: `drover cancel` and `drover compensate`. */
import { type Command } from 'commander';
import { DroverError } from '../../contract/errors';
import { type ChangeView } from '../../contract/fleet';
import { parseDurationMs, parseWhole, plainName, requestIdOption, commandOf } from '../lib/arguments';
import { followToEnd, followChange } from '../lib/changes';
import { type ConnectionFlags, withClient, withConnection } from '../lib/connection';
import { type Format, print, withOutput } from '../lib/output';

interface CancelFlags extends ConnectionFlags {
  readonly output: Format;
  readonly revision?: number;
  readonly reason?: string;
  readonly requestId?: string;
  readonly wait: boolean;
  readonly timeout?: number;
}

/** Adds the command to the program. */
export function register(program: Command): void {
  registerCancel(program);
  registerCompensate(program);
}

function registerCancel(program: Command): void {
  withOutput(withConnection(program.command('cancel').argument('<fleet>')))
    .option('--revision <n>', 'refuse when another change runs', parseWhole)
    .option('--reason <text>', 'why, for others to read')
    .addOption(requestIdOption())
    .option('--no-wait', 'do not wait until it is undone')
    .option('--timeout <duration>', 'how long to wait', parseDurationMs)
    .action((name: string, flags: CancelFlags) => cancel(plainName(name), flags));
}

async function cancel(fleet: string, flags: CancelFlags): Promise<void> {
  const { revision, reason, wait, timeout: timeoutMs } = flags;
  const request = {
    ...(revision === undefined ? {} : { revision }),
    ...(reason === undefined ? {} : { reason }),
    ...commandOf(flags),
  };
  await withClient(flags, async (client) => {
    const cancelled = await client.fleets.cancel(fleet, request);
    const change = wait
      ? await followToEnd(client, fleet, cancelled, timeoutMs === undefined ? {} : { timeoutMs })
      : cancelled;
    await print(flags.output, { data: change, names: [fleet], text: () => cancelledText(fleet, change) });
    if (wait) throwUnlessUndone(fleet, change);
  });
}

function cancelledText(fleet: string, { revision, state, compensation }: ChangeView): string {
  const what = `revision ${String(revision)} of fleet ${fleet}`;
  if (state === 'failed' && compensation === null) return `${what} is cancelled; it had made nothing`;
  return state === 'running' ? `${what} is being cancelled` : `${what} is ${state}`;
}

/**
 * Throws when the change ended before the cancellation arrived, or when something could not be
 * undone.
 */
function throwUnlessUndone(fleet: string, change: ChangeView): void {
  const { revision, state, compensation } = change;
  const left = compensation?.entries.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name) ?? [];
  if (state === 'done') {
    const what = `revision ${String(revision)} of fleet ${fleet} was done before it could be cancelled`;
    throw new DroverError('RuntimeStateError', what, { change });
  }
  if (left.length === 0) return;
  const what = `revision ${String(revision)} of fleet ${fleet} is not undone: ${left.join(', ')}`;
  throw new DroverError('ProviderError', `${what}; try again with drover compensate ${fleet}`, { change });
}

interface CompensateFlags extends ConnectionFlags {
  readonly output: Format;
  readonly attempt?: number;
  readonly requestId?: string;
}

function registerCompensate(program: Command): void {
  withOutput(withConnection(program.command('compensate').argument('<fleet>')))
    .option('--attempt <n>', 'number of the attempt (default: one more than the last)', parseWhole)
    .addOption(requestIdOption())
    .action((name: string, flags: CompensateFlags) => compensate(plainName(name), flags));
}

async function compensate(fleet: string, flags: CompensateFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const { attempt } = flags;
    const request = { ...(attempt === undefined ? {} : { attempt }), ...commandOf(flags) };
    const { change } = await client.fleets.compensate(fleet, request);
    if (!change) throw new DroverError('CompensationStateError', `fleet ${fleet} has no failed change to undo`);
    const ended = await followChange(client, fleet, change, { good: 'rolled_back' });
    const tried = String(ended?.compensation?.attempt ?? attempt);
    await print(flags.output, {
      data: ended,
      names: [fleet],
      text: () => `revision ${String(change.revision)} of fleet ${fleet} is undone (attempt ${tried})`,
    });
  });
}
