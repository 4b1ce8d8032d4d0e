/**
 * Finds all processes of an agent: its process group, every living descendant, every process with
 * its marks, and its cgroup if it has one. Processes of others are never included: a pid counts
 * only together with a proof of ownership (decision 25).
 */
import { pidsIn } from './cgroup';
import type { Instance } from './directory';
import { type MarkedProcess, snapshot } from './snapshot';
import type { ProcessIdentity } from '../../lib/process-identity';

/** Proofs that a process belongs to an agent. */
export interface Kinship {
  readonly key: string;
  /** Whether to include processes with the marks of this instance. */
  readonly includes: (instanceId: string) => boolean;
  /** Identities (`nameOf`) of processes known to be the agent's. */
  readonly known: ReadonlySet<string>;
  /**
   * Process groups and sessions that were made for the agent. They count while a known or marked
   * process is in them.
   */
  readonly groups: ReadonlySet<number>;
  /** The processes in its cgroups. */
  readonly pids: ReadonlySet<number>;
}

/** A process as a string that is unique on this machine. */
export function nameOf({ pid, started }: ProcessIdentity): string {
  return `${String(pid)} ${started}`;
}

/** How many processes a message names. */
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
    // A group or session belongs to the agent if one of its processes leads it, or if it was made
    // for the agent.
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

/** Excludes the machine's first process and this process. */
function isCandidate({ pid, marks }: MarkedProcess, { key, includes }: Kinship): boolean {
  if (pid <= 1 || pid === process.pid) return false;
  return marks?.key !== key || includes(marks.instanceId);
}

/** Some instances of an agent, and the identities that they recorded. */
export interface FamilyOptions extends Pick<Kinship, 'key' | 'includes'> {
  readonly instances: readonly Instance[];
  readonly agents: readonly ProcessIdentity[];
}

/** The processes of one agent. Each call looks again; a process that was found once stays known. */
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

  /** The processes that live now. */
  async members(): Promise<MarkedProcess[]> {
    const pids = new Set((await Promise.all(this.cgroups.map(pidsIn))).flat());
    const found = membersOf(await snapshot(), { ...this.#kin, pids });
    for (const one of found) this.#known.add(nameOf(one));
    return found;
  }
}
