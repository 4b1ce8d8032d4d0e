/** Stops, continues and kills all processes of an agent, even while it starts new ones. */
import { providerError } from '../provider';
import { until } from '../../lib/until';
import { freezeCgroup, killCgroup, removeCgroup } from './cgroup';
import { type Family, listed, nameOf } from './family';
import type { MarkedProcess } from './snapshot';
import { signalProcess } from './table';

/** The kernel needs milliseconds, unless a disk hangs. */
const LIMIT_MS = 10_000;
/**
 * Looks in a row that must find nothing to do. A process that starts while the table is read may be
 * missing in one look. Its parent is stopped or killed by then, so the next look finds it.
 */
const LOOKS = 2;
/**
 * After this many looks with new processes they are killed as they appear: they start faster than
 * they can be stopped.
 */
const PATIENT_LOOKS = 20;

/**
 * Stops all processes but `spared` (the shell that must notice the agent's end), and returns when
 * all have stopped. Processes of another user, which this worker may not signal, continue.
 */
export async function suspendFamily(family: Family, spared: number): Promise<void> {
  for (const cgroup of family.cgroups) await freezeCgroup(cgroup, true);
  try {
    await signalAll(
      (await family.members()).filter(({ pid }) => pid !== spared),
      'SIGSTOP',
    );
  } finally {
    for (const cgroup of family.cgroups) await freezeCgroup(cgroup, false);
  }
  const sent = new Set<string>();
  let quiet = 0;
  let moving: MarkedProcess[] = [];
  const still = await until(async () => {
    const members = await family.members();
    moving = members.filter((one) => one.pid !== spared && !one.stopped && !(one.waiting && sent.has(nameOf(one))));
    const forbidden = await signalAll(moving, 'SIGSTOP');
    for (const one of moving) sent.add(nameOf(one));
    moving = moving.filter((one) => !forbidden.includes(one));
    quiet = moving.length === 0 ? quiet + 1 : 0;
    return quiet >= LOOKS || undefined;
  }, LIMIT_MS);
  if (!still) throw providerError(`processes ${listed(moving)} are not stopped after ${String(LIMIT_MS / 1_000)} s`);
}

/** Continues all of them, including those with a pending SIGSTOP. */
export async function continueAll(family: Family, members: readonly MarkedProcess[]): Promise<void> {
  for (const cgroup of family.cgroups) await freezeCgroup(cgroup, false);
  await signalAll(members, 'SIGCONT');
}

/**
 * Kills all processes, and returns when all have ended. New processes are stopped first: their
 * children can be found by their parent only while the parent lives.
 */
export async function killFamily(family: Family): Promise<void> {
  const seen = new Set<string>();
  let quiet = 0;
  let looks = 0;
  let left: MarkedProcess[] = [];
  let forbidden: MarkedProcess[] = [];
  const gone = await until(async () => {
    left = await family.members();
    const isNew = left.some((one) => !seen.has(nameOf(one)));
    for (const one of left) seen.add(nameOf(one));
    quiet = left.length === 0 ? quiet + 1 : 0;
    looks += 1;
    if (isNew && looks <= PATIENT_LOOKS) {
      await signalAll(left, 'SIGSTOP');
      return undefined;
    }
    for (const cgroup of family.cgroups) await killCgroup(cgroup);
    forbidden = await signalAll(left, 'SIGKILL');
    return quiet >= LOOKS || (left.length > 0 && forbidden.length === left.length) || undefined;
  }, LIMIT_MS);
  if (left.length > 0 && forbidden.length === left.length)
    throw providerError(`processes ${listed(left)} belong to another user, and this worker may not end them`);
  if (!gone) throw providerError(`processes ${listed(left)} still run after SIGKILL; does a disk hang?`);
  for (const cgroup of family.cgroups) await removeCgroup(cgroup);
}

/** Sends a signal to each process, and returns those that this worker may not signal. */
async function signalAll(members: readonly MarkedProcess[], signal: NodeJS.Signals): Promise<MarkedProcess[]> {
  const answers = await Promise.all(members.map((one) => signalProcess(one, signal)));
  return members.filter((_, index) => answers[index] === 'forbidden');
}
