/**
 * One instance of an agent: its status from processes and files, and how to suspend, continue and
 * stop it.
 */
import { providerError } from '../provider';
import { until } from '../../lib/until';
import { isFrozen } from './cgroup';
import type { Instance, ResourceDirectory } from './directory';
import { Family } from './family';
import { continueAll, killFamily, suspendFamily } from './signals';
import type { ProcessIdentity } from '../../lib/process-identity';
import { type ProcessStatus, find, parseRecord, sendSignal, signalProcess } from './table';

/** `unsettled` lasts a moment: the shell is about to start the agent, or to write its exit code. */
export interface InstanceStatus {
  readonly phase: 'unsettled' | 'running' | 'paused' | 'ended';
  /** Whether the agent's own program ever ran. */
  readonly ran: boolean;
  readonly agent: ProcessStatus | undefined;
  readonly leader: ProcessStatus | undefined;
  readonly exitCode: number | null;
}

/**
 * A shell needs milliseconds to start or to write one line; the limit allows for a machine that
 * swaps.
 */
const SETTLE_MS = 10_000;
/** After SIGKILL the kernel needs milliseconds, unless a disk hangs. */
const KILL_MS = 10_000;
/** Only the last starts matter: every start ends the processes of earlier ones. */
const RECENT_STARTS = 10;

/**
 * The current status. It looks up the leader first: once the leader has ended, its files are final.
 */
export async function statusOf(directory: ResourceDirectory, instance: Instance): Promise<InstanceStatus> {
  const leader = await find(instance.leader);
  const reports = await directory.reports(instance.number);
  const identity: ProcessIdentity | undefined = parseRecord(reports.record);
  const agent = identity && (await find(identity));
  const ran = identity !== undefined;
  const exitCode = /^\d+\n$/.test(reports.exit) ? Number(reports.exit) : null;
  const common = { ran, agent, leader, exitCode };
  if (agent) {
    const frozen = instance.cgroup !== undefined && (await isFrozen(instance.cgroup));
    return { phase: agent.stopped || frozen ? 'paused' : 'running', ...common };
  }
  return { phase: leader && exitCode === null ? 'unsettled' : 'ended', ...common };
}

/** Waits until the status is settled, and returns it. */
export async function settledStatusOf(directory: ResourceDirectory, instance: Instance): Promise<InstanceStatus> {
  const settled = await until(async () => {
    const status = await statusOf(directory, instance);
    if (status.phase !== 'unsettled') return status;
    // Another program stopped the whole group. The shell must run to report how its agent ended.
    if (status.leader?.stopped) sendSignal(status.leader.pid, 'SIGCONT');
    return undefined;
  }, SETTLE_MS);
  if (settled) return settled;
  throw providerError(
    `process ${String(instance.leader.pid)}, the shell of instance ${instance.instanceId}, neither starts its agent nor ends`,
  );
}

/** All processes of a key, or those of the instances that `includes` names. */
export async function familyOf(
  directory: ResourceDirectory,
  includes: (instanceId: string) => boolean = () => true,
): Promise<Family> {
  // An instance whose record cannot be read is found by its marks.
  const recent = (await directory.readableInstances()).slice(-RECENT_STARTS);
  const instances = recent.filter(({ instanceId }) => includes(instanceId));
  const records = await Promise.all(instances.map(async ({ number }) => (await directory.reports(number)).record));
  const agents = records.map(parseRecord).filter((identity) => identity !== undefined);
  return new Family({ key: directory.key, includes, instances, agents });
}

/**
 * Suspends or continues all processes of the agent, and returns when the kernel reports it for all
 * of them. The shell always runs, to notice the agent's end.
 */
export async function switchTo(
  directory: ResourceDirectory,
  instance: Instance,
  wanted: 'running' | 'paused',
): Promise<InstanceStatus> {
  const before = await settledStatusOf(directory, instance);
  if (before.phase === 'ended') return before;
  const family = await familyOf(directory);
  if (wanted === 'paused') await suspendFamily(family, instance.leader.pid);
  else await continueAll(family, await family.members());
  const reached = await until(async () => {
    const status = await statusOf(directory, instance);
    if (status.phase === wanted || status.phase === 'ended') return status;
    if (status.agent) await signalProcess(status.agent, wanted === 'paused' ? 'SIGSTOP' : 'SIGCONT');
    if (status.leader?.stopped) await signalProcess(status.leader, 'SIGCONT');
    return undefined;
  }, SETTLE_MS);
  if (reached) return reached;
  throw providerError(
    `the agent led by process ${String(instance.leader.pid)} is not ${wanted} after ${String(SETTLE_MS / 1_000)} s`,
  );
}

/**
 * Asks the agent to end and kills it after the grace period; its shell writes the exit code. Then
 * kills all remaining processes.
 */
export async function stopInstance(
  directory: ResourceDirectory,
  instance: Instance,
  family: Family,
  graceMs: number,
): Promise<void> {
  const { agent, leader } = await settledStatusOf(directory, instance);
  if (agent) {
    // This records the agent's processes while their parents still live.
    const members = await family.members();
    const group = instance.leader.pid;
    if (leader || agent.group === group) sendSignal(-group, 'SIGTERM');
    if (agent.group !== group) await signalProcess(agent, 'SIGTERM');
    // A stopped process receives a signal only when it continues. It handles this signal first.
    await continueAll(family, members);
    if (!(await hasEnded(directory, instance, graceMs))) {
      await signalProcess(agent, 'SIGKILL');
      await hasEnded(directory, instance, KILL_MS);
    }
    await settledStatusOf(directory, instance);
  }
  await killFamily(family);
}

async function hasEnded(directory: ResourceDirectory, instance: Instance, limitMs: number): Promise<boolean> {
  const ended = await until(async () => !(await statusOf(directory, instance)).agent || undefined, limitMs);
  return ended ?? false;
}
