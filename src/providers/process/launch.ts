/** Starting an agent's process, so that at every moment a crash of the worker leaves either nothing or a record of it. */
import type { WakeCall } from '../../contract/activities';
import { providerError, titleOf } from '../provider';
import type { Launch } from './command';
import type { ResourceDirectory } from './directory';
import { killInstance, settledStatusOf } from './instance';
import { lastLines, sizeOf } from './logs';
import { type Leader, startLeader } from './shim';
import { lookUp } from './table';

/**
 * Starts instance `number`: a shell that waits, the record of it, then its `go`. Of several starts at once one records itself, the
 * others dismiss their shell and wait for that one. Answers with the agent's own pid, null if it has ended already.
 */
export async function launch(
  directory: ResourceDirectory,
  call: WakeCall,
  number: number,
  start: Launch,
): Promise<{ pid: number | null }> {
  const leader = await openLeader(directory, call, number, start);
  try {
    const recorded = await record(directory, call, number, leader);
    if (recorded && !(await directory.tombstone())) await leader.go();
  } finally {
    // Without its word it has nothing to wait for; with it, this says nothing new.
    await leader.dismiss();
  }
  if (await directory.tombstone()) await demolish(directory);
  return outcome(directory, call, number);
}

/** Ends every instance that there is a record of, then removes all but the tombstone, which refuses new ones. */
export async function demolish(directory: ResourceDirectory): Promise<void> {
  for (const instance of await directory.instances()) await killInstance(directory, instance);
  await directory.clear();
}

async function openLeader(
  directory: ResourceDirectory,
  call: WakeCall,
  number: number,
  start: Launch,
): Promise<Leader> {
  const reports = await directory.makeReports(number);
  const log = await directory.openLog();
  try {
    return await startLeader({ title: titleOf(call), log: log.fd, ...reports, ...start });
  } finally {
    await log.close();
  }
}

/** False: another start has this number. */
async function record(directory: ResourceDirectory, call: WakeCall, number: number, leader: Leader): Promise<boolean> {
  const logOffset = await sizeOf(directory.log);
  const identity = await lookUp(leader.pid);
  if (!identity) throw providerError(`${titleOf(call)}: its shell ended at once`);
  const { pid, started } = identity;
  const secret = call.subscription === null ? {} : { secret: call.subscription.secret };
  return directory.claim({ number, instanceId: call.instanceId, leader: { pid, started }, logOffset, ...secret });
}

async function outcome(directory: ResourceDirectory, call: WakeCall, number: number): Promise<{ pid: number | null }> {
  const instance = (await directory.instances()).find((recorded) => recorded.number === number);
  const status = instance && (await settledStatusOf(directory, instance));
  if (status?.ran) return { pid: status.agent?.pid ?? null };
  if (await directory.tombstone()) {
    throw providerError(`${titleOf(call)}: was destroyed while it started`, { permanent: true });
  }
  const lines = await lastLines(directory.log, 5, instance?.logOffset);
  throw providerError(`${titleOf(call)}: its process did not start${lines === '' ? '' : `: ${lines}`}`);
}
