/**
 * All processes of an agent, wherever they have gone: its process group, every living descendant, whatever carries its marks, and its
 * cgroup where it has one. A stranger is never among them: a number counts only together with something that proves whose it is.
 */
import { pidsIn } from './cgroup';
import type { Instance } from './directory';
import { type MarkedProcess, snapshot } from './snapshot';
import type { ProcessIdentity } from '../../lib/process-identity';

/** What proves that a process belongs to an agent. */
export interface Kinship {
  readonly key: string;
  /** Whether processes that carry the marks of this instance are asked about. */
  readonly includes: (instanceId: string) => boolean;
  /** Identities (`nameOf`) of processes known to be the agent's. */
  readonly known: ReadonlySet<string>;
  /** Process groups, and sessions, that were made for the agent. They count while a known or marked process is in them. */
  readonly groups: ReadonlySet<number>;
  /** What its cgroups hold. */
  readonly pids: ReadonlySet<number>;
}

/** A process in one word. */
export function nameOf({ pid, started }: ProcessIdentity): string {
  return `${String(pid)} ${started}`;
}

/** Enough to see what they are. */
const LISTED = 5;

/** Processes for people: `17 (sleep), 18 (node)`, five at most. */
export function listed(members: readonly MarkedProcess[]): string {
  const more = members.length > LISTED ? ` and ${String(members.length - LISTED)} more` : '';
  const first = members.slice(0, LISTED).map(({ pid, name }) => `${String(pid)} (${name})`);
  return `${first.join(', ')}${more}`;
}

/** The agent's processes among all others. */
export function membersOf(table: readonly MarkedProcess[], kin: Kinship): MarkedProcess[] {
  const members = new Map<number, MarkedProcess>();
  const groups = new Set<number>();
  const join = (one: MarkedProcess): void => {
    members.set(one.pid, one);
    // A group or session that one of the agent's own processes leads, or that was made for it, is the agent's whole.
    for (const number of [one.group, one.session]) {
      if (number === one.pid || kin.groups.has(number)) groups.add(number);
    }
  };
  const belongs = (one: MarkedProcess): boolean =>
    isProven(one, kin) || members.has(one.parent) || groups.has(one.group) || groups.has(one.session);
  for (let before = -1; before < members.size + groups.size;) {
    before = members.size + groups.size;
    for (const one of table) if (!members.has(one.pid) && isCandidate(one, kin) && belongs(one)) join(one);
  }
  return [...members.values()];
}

function isProven(one: MarkedProcess, { key, known, pids }: Kinship): boolean {
  return one.marks?.key === key || known.has(nameOf(one)) || pids.has(one.pid);
}

/** The first process of the machine and this one belong to no agent. */
function isCandidate({ pid, marks }: MarkedProcess, { key, includes }: Kinship): boolean {
  if (pid <= 1 || pid === process.pid) return false;
  return marks?.key !== key || includes(marks.instanceId);
}

/** Some instances of an agent, and the identities that they have recorded of themselves. */
export interface FamilyOptions extends Pick<Kinship, 'key' | 'includes'> {
  readonly instances: readonly Instance[];
  readonly agents: readonly ProcessIdentity[];
}

/** One agent's processes, looked for as often as they are asked for. What was found once is known from then on. */
export class Family {
  readonly cgroups: readonly string[];
  readonly #kin: Omit<Kinship, 'pids'>;
  readonly #known: Set<string>;

  constructor({ key, includes, instances, agents }: FamilyOptions) {
    const leaders = instances.map(({ leader }) => leader);
    this.cgroups = instances.flatMap(({ cgroup }) => (cgroup === undefined ? [] : [cgroup]));
    this.#known = new Set([...leaders, ...agents].map(nameOf));
    this.#kin = { key, includes, known: this.#known, groups: new Set(leaders.map(({ pid }) => pid)) };
  }

  /** Those that live now. */
  async members(): Promise<MarkedProcess[]> {
    const pids = new Set((await Promise.all(this.cgroups.map(pidsIn))).flat());
    const found = membersOf(await snapshot(), { ...this.#kin, pids });
    for (const one of found) this.#known.add(nameOf(one));
    return found;
  }
}
