/**
 * Starts an agent's process. A crash of the worker at any moment leaves either nothing or a record.
 */
import type { WakeCall } from '../../contract/activities';
import { LOG_TAIL_LINES } from '../../contract/text';
import { providerError, titleOf } from '../provider';
import { joinCgroup, makeCgroup, removeCgroups } from './cgroup';
import type { Launch } from './command';
import type { ResourceDirectory } from './directory';
import { familyOf, settledStatusOf } from './instance';
import { lastLines, sizeOf } from './logs';
import { type Leader, startLeader } from './shim';
import { killFamily } from './signals';
import { lookUp } from './table';

/**
 * `cgroups`: whether the agent gets its own cgroup. `ended` is called when its shell has ended. `shown` prepares lines of its log for a
 * message: redacted and bounded.
 */
export interface LaunchOptions {
  readonly cgroups: boolean;
  readonly ended: (number: number) => void;
  readonly shown: (lines: string) => Promise<string>;
}

/**
 * Starts instance `number`: a shell that waits, its record, then its `go`. Of several concurrent
 * starts one records itself; the others dismiss their shells and wait for it. Returns the agent's
 * pid; null if it has already ended.
 */
export async function launch(
  directory: ResourceDirectory,
  call: WakeCall,
  number: number,
  start: Launch,
  { cgroups, ended, shown }: LaunchOptions,
): Promise<{ pid: number | null }> {
  const cgroup = cgroups ? await makeCgroup(`${cgroupPrefix(directory)}${String(number)}`) : undefined;
  const leader = await openLeader(directory, call, number, { ...start, cgroup: cgroup ?? '' });
  try {
    const joined = cgroup !== undefined && (await joinCgroup(cgroup, leader.pid));
    const recorded = await record(directory, call, number, leader, joined ? cgroup : undefined);
    if (recorded && !(await directory.tombstone())) {
      void leader.gone.then(() => ended(number));
      await leader.go();
    }
  } finally {
    // A leader without `go` must end; after `go` this does nothing.
    await leader.dismiss();
  }
  if (await directory.tombstone()) await removeAll(directory);
  return outcome(directory, call, number, shown);
}

/** The prefix of the key's cgroup names; the instance number follows. */
function cgroupPrefix({ key }: ResourceDirectory): string {
  return `drover-${key}-`;
}

/** Kills all processes of the key, then removes all files but the tombstone and the log. */
export async function removeAll(directory: ResourceDirectory): Promise<void> {
  await killFamily(await familyOf(directory));
  await removeCgroups(cgroupPrefix(directory));
  await directory.clear();
}

async function openLeader(
  directory: ResourceDirectory,
  call: WakeCall,
  number: number,
  start: Launch & { readonly cgroup: string },
): Promise<Leader> {
  const reports = await directory.makeReports(number);
  const log = await directory.openLog();
  try {
    return await startLeader({ title: titleOf(call), log: log.fd, ...reports, ...start });
  } finally {
    await log.close();
  }
}

/** Records the instance. False if another start has this number. */
async function record(
  directory: ResourceDirectory,
  call: WakeCall,
  number: number,
  leader: Leader,
  cgroup: string | undefined,
): Promise<boolean> {
  const logOffset = await sizeOf(directory.log);
  const identity = await lookUp(leader.pid);
  if (!identity) throw providerError(`${titleOf(call)}: its shell ended at once`);
  const { pid, started } = identity;
  const more = {
    ...(call.subscription === null ? {} : { secret: call.subscription.secret }),
    ...(cgroup === undefined ? {} : { cgroup }),
  };
  return directory.claim({ number, instanceId: call.instanceId, leader: { pid, started }, logOffset, ...more });
}

async function outcome(
  directory: ResourceDirectory,
  call: WakeCall,
  number: number,
  shown: LaunchOptions['shown'],
): Promise<{ pid: number | null }> {
  const instance = (await directory.instances()).find((recorded) => recorded.number === number);
  const status = instance && (await settledStatusOf(directory, instance));
  if (status?.ran) return { pid: status.agent?.pid ?? null };
  if (await directory.tombstone()) {
    throw providerError(`${titleOf(call)}: was destroyed while it started`, { permanent: true });
  }
  const lines = await shown(await lastLines(directory.log, LOG_TAIL_LINES, instance?.logOffset));
  throw providerError(`${titleOf(call)}: its process did not start${lines === '' ? '' : `: ${lines}`}`);
}
