/** One start of an agent: what its processes and its files say, and signals to its whole group. */
import { providerError } from '../provider';
import { until } from '../until';
import type { Instance, ResourceDirectory } from './directory';
import { type ProcessIdentity, type ProcessStatus, find, groupIsEmpty, parseRecord, sendSignal } from './table';

/** `unsettled`: between two states, for a moment: its shell is about to start it, or to write its exit code. */
export interface InstanceStatus {
  readonly phase: 'unsettled' | 'running' | 'paused' | 'ended';
  /** Whether the agent itself ever ran. */
  readonly ran: boolean;
  readonly agent: ProcessStatus | undefined;
  readonly leader: ProcessStatus | undefined;
  readonly exitCode: number | null;
}

/** A shell needs milliseconds to start or to write one line; this is for a machine that swaps. */
const SETTLE_MS = 10_000;
/** After SIGKILL the kernel needs milliseconds, unless a disk hangs. */
const KILL_MS = 10_000;

/** The status this very moment. The leader is looked up first: once it is gone, its files are final. */
export async function statusOf(directory: ResourceDirectory, instance: Instance): Promise<InstanceStatus> {
  const leader = await find(instance.leader);
  const reports = await directory.reports(instance.number);
  const identity: ProcessIdentity | undefined = parseRecord(reports.record);
  const agent = identity && (await find(identity));
  const ran = identity !== undefined;
  const exitCode = /^\d+\n$/.test(reports.exit) ? Number(reports.exit) : null;
  const common = { ran, agent, leader, exitCode };
  if (agent) return { phase: agent.stopped ? 'paused' : 'running', ...common };
  return { phase: leader && exitCode === null ? 'unsettled' : 'ended', ...common };
}

/** The status once it is settled. */
export async function settledStatusOf(directory: ResourceDirectory, instance: Instance): Promise<InstanceStatus> {
  const settled = await until(async () => {
    const status = await statusOf(directory, instance);
    if (status.phase !== 'unsettled') return status;
    // Somebody else stopped the whole group: the shell must run to tell how its agent ended.
    if (status.leader?.stopped) sendSignal(status.leader.pid, 'SIGCONT');
    return undefined;
  }, SETTLE_MS);
  if (settled) return settled;
  throw providerError(
    `process ${String(instance.leader.pid)}, the shell of instance ${instance.instanceId}, neither starts its agent nor ends`,
  );
}

/** Sends a signal to the group, and to an agent that has left it. Nothing is sent where no process of this instance is known to live. */
export function signalGroup(instance: Instance, status: InstanceStatus, signal: NodeJS.Signals): void {
  const group = instance.leader.pid;
  if (status.leader || status.agent?.group === group) sendSignal(-group, signal);
  if (status.agent && status.agent.group !== group) sendSignal(status.agent.pid, signal);
}

/**
 * Stops or continues the agent, and returns when the kernel says so; the signal is repeated until then. Its shell goes on in any case,
 * to notice the agent's end.
 */
export async function switchTo(
  directory: ResourceDirectory,
  instance: Instance,
  wanted: 'running' | 'paused',
): Promise<InstanceStatus> {
  await settledStatusOf(directory, instance);
  const reached = await until(async () => {
    const status = await statusOf(directory, instance);
    if (status.phase === wanted || status.phase === 'ended') return status;
    signalGroup(instance, status, wanted === 'paused' ? 'SIGSTOP' : 'SIGCONT');
    if (status.leader) sendSignal(status.leader.pid, 'SIGCONT');
    return undefined;
  }, SETTLE_MS);
  if (reached) return reached;
  throw providerError(
    `the agent led by process ${String(instance.leader.pid)} is not ${wanted} after ${String(SETTLE_MS / 1_000)} s`,
  );
}

/** Asks the agent to end and kills it after the grace; its shell writes the exit code and then ends what is left of the group. */
export async function stopInstance(directory: ResourceDirectory, instance: Instance, graceMs: number): Promise<void> {
  const status = await settledStatusOf(directory, instance);
  if (status.agent) {
    signalGroup(instance, status, 'SIGTERM');
    // A stopped process gets a signal only when it goes on; this way it does nothing else before.
    signalGroup(instance, status, 'SIGCONT');
    if (!(await hasEnded(directory, instance, graceMs))) {
      sendSignal(status.agent.pid, 'SIGKILL');
      await hasEnded(directory, instance, KILL_MS);
    }
    await settledStatusOf(directory, instance);
  }
  await killInstance(directory, instance, status.agent !== undefined);
}

async function hasEnded(directory: ResourceDirectory, instance: Instance, limitMs: number): Promise<boolean> {
  const ended = await until(async () => !(await statusOf(directory, instance)).agent || undefined, limitMs);
  return ended ?? false;
}

/**
 * Kills every process of the group that is left, at once, and returns when all are gone. A group of which nothing has lived lately is not
 * looked for: its number may belong to somebody else by now.
 */
export async function killInstance(
  directory: ResourceDirectory,
  instance: Instance,
  livedLately = false,
): Promise<void> {
  let lived = livedLately;
  const gone = await until(async () => {
    const status = await statusOf(directory, instance);
    if (!status.leader && !status.agent) return !lived || (await groupIsEmpty(instance.leader.pid)) || undefined;
    lived = true;
    signalGroup(instance, status, 'SIGKILL');
    return undefined;
  }, KILL_MS);
  if (!gone)
    throw providerError(`processes of group ${String(instance.leader.pid)} survive SIGKILL; is a disk hanging?`);
}
