/**
 * Finds and ends processes that outlive their agent, or that belong to an agent without a record.
 */
import { type HeldResource, installationOf } from '../provider';
import { until } from '../../lib/until';
import { type Instance, ResourceDirectory } from './directory';
import { eachInTurn } from './each-in-turn';
import { listed } from './family';
import { familyOf, statusOf, stopInstance } from './instance';
import { killFamily } from './signals';
import { type Marks, type MarkedProcess, snapshot } from './snapshot';
import { find, startTimeOf } from './table';

/** The grace period of an agent that is replaced while it runs; below the 30 s of a wake. */
const REPLACED_GRACE_MS = 5_000;
/** The shell of an ended agent kills the rest of its group within milliseconds. */
const SHELL_ENDS_MS = 2_000;

/** Processes with the marks of an installation, by key. */
export type Marked = ReadonlyMap<string, readonly (MarkedProcess & { readonly marks: Marks })[]>;

/** All processes of this machine with the marks of an installation. */
export async function markedProcesses(installation: string): Promise<Marked> {
  const found = new Map<string, (MarkedProcess & { readonly marks: Marks })[]>();
  for (const one of await snapshot()) {
    const { marks } = one;
    if (marks === undefined || installationOf(marks.key) !== installation || one.pid === process.pid) continue;
    found.set(marks.key, [...(found.get(marks.key) ?? []), { ...one, marks }]);
  }
  return found;
}

/**
 * Ends all processes of the other instances before one starts. `last` is the one that may still
 * run.
 */
export async function endOthers(directory: ResourceDirectory, last: Instance, instanceId: string): Promise<void> {
  await stopInstance(directory, last, await familyOf(directory, (id) => id !== instanceId), REPLACED_GRACE_MS);
}

/**
 * Kills remaining processes of agents that have ended or were destroyed. A worker does this every
 * few seconds.
 */
export async function endRemains(root: string, installation: string): Promise<void> {
  const marked = await markedProcesses(installation);
  await eachInTurn(
    [...marked].map(
      ([key, processes]) =>
        () =>
          endRemainsOf(new ResourceDirectory(root, key), processes),
    ),
  );
}

async function endRemainsOf(
  directory: ResourceDirectory,
  processes: readonly { readonly marks: Marks }[],
): Promise<void> {
  if (await directory.tombstone()) return killFamily(await familyOf(directory));
  const over = await endedInstances(directory);
  if (!processes.some(({ marks }) => over.has(marks.instanceId))) return;
  await killFamily(await familyOf(directory, (id) => over.has(id)));
}

/**
 * The instances that have ended for good. An instance that is about to start has no record yet, so
 * it is not included.
 */
async function endedInstances(directory: ResourceDirectory): Promise<ReadonlySet<string>> {
  const instances = await directory.instances();
  const last = instances.at(-1);
  if (!last) return new Set();
  const { phase, ran, leader } = await statusOf(directory, last);
  const over = new Set(instances.map(({ instanceId }) => instanceId));
  // While its shell lives, it will kill the rest by itself.
  if (phase !== 'ended' || !ran || leader) over.delete(last.instanceId);
  return over;
}

/** The remaining processes of an ended instance, as text; empty if none remain. */
export async function remainsInWords(directory: ResourceDirectory, instance: Instance): Promise<string> {
  await until(async () => !(await find(instance.leader)) || undefined, SHELL_ENDS_MS);
  const left = await (await familyOf(directory)).members();
  return left.length === 0 ? '' : `; processes that it started still run: ${listed(left)}`;
}

/**
 * Adds process ids to resources, and a resource for every key that has processes but no resource.
 */
export async function withProcesses(held: readonly HeldResource[], marked: Marked): Promise<HeldResource[]> {
  const pidsOf = (key: string): number[] => (marked.get(key) ?? []).map(({ pid }) => pid);
  const keys = new Set(held.map(({ key }) => key));
  const known = held.map((one) => (marked.has(one.key) ? { ...one, processes: pidsOf(one.key) } : one));
  const strays = [...marked].filter(([key]) => !keys.has(key));
  const unknown = await Promise.all(
    strays.map(async ([key, processes]) => {
      const starts = await Promise.all(processes.map(startTimeOf));
      const { fleet = '', agent = '' } = processes[0]?.marks ?? {};
      const createdAt = new Date(Math.min(...starts)).toISOString();
      return { resourceId: key, key, fleet, agent, createdAt, processes: pidsOf(key) };
    }),
  );
  return [...known, ...unknown];
}
