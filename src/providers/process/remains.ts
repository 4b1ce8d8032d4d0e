/** What lives on of an agent whose own process has ended, or of one that nothing here knows of any more. */
import { type HeldResource, installationOf } from '../provider';
import { until } from '../../lib/until';
import { type Instance, ResourceDirectory } from './directory';
import { eachInTurn } from './each-in-turn';
import { listed } from './family';
import { familyOf, statusOf, stopInstance } from './instance';
import { killFamily } from './signals';
import { type Marks, type MarkedProcess, snapshot } from './snapshot';
import { find, startTimeOf } from './table';

/** For an agent that is replaced while it runs, below the 30 s that a wake may take: it may say good-bye. */
const REPLACED_GRACE_MS = 5_000;
/** The shell of an ended agent ends the rest of its group within milliseconds. */
const SHELL_ENDS_MS = 2_000;

/** Processes that carry the marks of an installation, by key. */
export type Marked = ReadonlyMap<string, readonly (MarkedProcess & { readonly marks: Marks })[]>;

/** Everything on this machine that carries the marks of an installation. */
export async function markedProcesses(installation: string): Promise<Marked> {
  const found = new Map<string, (MarkedProcess & { readonly marks: Marks })[]>();
  for (const one of await snapshot()) {
    const { marks } = one;
    if (marks === undefined || installationOf(marks.key) !== installation || one.pid === process.pid) continue;
    found.set(marks.key, [...(found.get(marks.key) ?? []), { ...one, marks }]);
  }
  return found;
}

/** Ends everything of all instances but one, before that one starts. `last` is the one that may still run. */
export async function endOthers(directory: ResourceDirectory, last: Instance, instanceId: string): Promise<void> {
  await stopInstance(directory, last, await familyOf(directory, (id) => id !== instanceId), REPLACED_GRACE_MS);
}

/** Kills what is left of agents that have ended, or were destroyed: what a worker does every few seconds. */
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

/** The instances that are over for good. One that is about to begin has no record yet, and so it is not among them. */
async function endedInstances(directory: ResourceDirectory): Promise<ReadonlySet<string>> {
  const instances = await directory.instances();
  const last = instances.at(-1);
  if (!last) return new Set();
  const { phase, ran, leader } = await statusOf(directory, last);
  const over = new Set(instances.map(({ instanceId }) => instanceId));
  // Its shell, while it lives, is about to end the rest by itself.
  if (phase !== 'ended' || !ran || leader) over.delete(last.instanceId);
  return over;
}

/** What is left of an instance that has ended, for people: empty when nothing is. */
export async function remainsInWords(directory: ResourceDirectory, instance: Instance): Promise<string> {
  await until(async () => !(await find(instance.leader)) || undefined, SHELL_ENDS_MS);
  const left = await (await familyOf(directory)).members();
  return left.length === 0 ? '' : `; processes that it has started live on: ${listed(left)}`;
}

/** The resources with the ids of their processes, and one more for every key that has processes and no resource. */
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
