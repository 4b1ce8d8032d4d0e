/**
 * A batch of changes to a pool's assignments. It copies the state once and changes the copy, so
 * each request costs the same, however many agents the pool has. Times are epoch milliseconds.
 */
import type { AllocationGranted, AllocationRequested } from '../../contract/pool';
import {
  type Assignment,
  emptiedByWordOf,
  failuresInWindow,
  type Grant,
  iso,
  nextReset,
  type PoolState,
  skipForMs,
  skippedUntil,
} from './state';

/** Grants that the pool keeps for repeated requests; each agent has at most one open request. */
const REMEMBERED_GRANTS = 2_000;

/** Lives while one rule runs: change it, then `close` it for the result. */
export class Ledger {
  readonly #state: PoolState;
  readonly #now: number;
  readonly #assigned: Record<string, Assignment>;
  /** Open requests by agent, in the order of arrival. */
  readonly #waiting: Map<string, AllocationRequested>;
  /** Number of agents by credential. */
  readonly #load = new Map<string, number>();
  readonly #grants: Grant[] = [];
  readonly #granted: Grant[] = [];
  /** Credentials that are free now. */
  readonly #free: readonly string[];
  /** The agent whose reports alone exhausted the pool; null with other proof. */
  readonly #emptiedBy: string | null;
  readonly #exhaustedUntil: string | null;
  #lastAssignment: number;

  constructor(state: PoolState, now: number) {
    this.#state = state;
    this.#now = now;
    this.#assigned = { ...state.assigned };
    this.#waiting = new Map(state.waiting.map((request) => [request.agent, request]));
    this.#lastAssignment = state.lastAssignment;
    const names = state.config.credentials.map(({ name }) => name);
    this.#free = names.filter((name) => skippedUntil(state, name, now) === null);
    this.#emptiedBy = this.#free.length === 0 ? emptiedByWordOf(state, now) : null;
    this.#exhaustedUntil = iso(nextReset(state, now));
    for (const agent of Object.keys(this.#assigned)) this.#count(this.#assigned[agent]?.credential, 1);
  }

  /** Grants a credential, or answers until when the pool is exhausted and queues the request. */
  answer(request: AllocationRequested): void {
    const { agent, requestId } = request;
    const hasWaited = this.#waiting.get(agent)?.requestId === requestId;
    const chosen = this.#choose(request, hasWaited);
    if (chosen !== null) {
      this.assign(request, chosen);
      return;
    }
    this.#grants.push({ agent, grant: { requestId, exhaustedUntil: this.#exhaustedUntil } });
    if (hasWaited) return;
    this.#waiting.delete(agent);
    this.#waiting.set(agent, request);
  }

  /** Grants free credentials to the waiting agents, in their order. */
  serve(): void {
    for (const request of [...this.#waiting.values()]) {
      const chosen = this.#choose(request, true);
      if (chosen !== null) this.assign(request, chosen);
    }
  }

  /**
   * Grants this credential to the agent and remembers the previous one, in case the agent rejects the new one.
   */
  assign({ requestId, agent, not, above = 0 }: AllocationRequested, credential: string): void {
    const assignment = Math.max(this.#lastAssignment, above) + 1;
    const before = this.#assigned[agent];
    const previous = before === undefined ? null : { credential: before.credential, assignment: before.assignment };
    const secret = this.#state.config.credentials.find(({ name }) => name === credential)?.secret ?? '';
    const eventsInWindow = not === null ? 0 : failuresInWindow(this.#state, not, this.#now);
    const grant: AllocationGranted = { requestId, credential, assignment, secret, eventsInWindow };
    this.#count(before?.credential, -1);
    this.#count(credential, 1);
    this.#lastAssignment = assignment;
    this.#assigned[agent] = { credential, assignment, requestId, previous };
    this.#waiting.delete(agent);
    this.#granted.push({ agent, grant });
    this.#grants.push({ agent, grant });
  }

  /** The agent's current assignment. */
  assigned(agent: string): Assignment | undefined {
    return this.#assigned[agent];
  }

  /** Whether the agent has an open request. */
  isWaiting(agent: string): boolean {
    return this.#waiting.has(agent);
  }

  /** The new state, and the grants to send. */
  close(): { readonly state: PoolState; readonly grants: readonly Grant[] } {
    const state: PoolState = {
      ...this.#state,
      lastAssignment: this.#lastAssignment,
      assigned: this.#assigned,
      waiting: [...this.#waiting.values()],
      granted: [...this.#state.granted, ...this.#granted].slice(-REMEMBERED_GRANTS),
    };
    return { state, grants: this.#grants };
  }

  #count(credential: string | undefined, by: number): void {
    if (credential !== undefined) this.#load.set(credential, (this.#load.get(credential) ?? 0) + by);
  }

  /**
   * The free credentials. If the reports of one agent alone exhausted the pool, every other
   * agent may have any credential, because that agent may be wrong.
   */
  #candidates(agent: string): readonly string[] {
    if (this.#emptiedBy === null || this.#emptiedBy === agent) return this.#free;
    return this.#state.config.credentials.map(({ name }) => name);
  }

  /**
   * The credential to grant, or null if none is free. It is not skipped and not the one that the
   * agent leaves. Order: those that the agent could apply, then fewest agents, then by name.
   */
  #choose({ agent, not }: AllocationRequested, hasWaited: boolean): string | null {
    const state = this.#state;
    const own = this.#assigned[agent]?.credential;
    const load = (name: string): number => (this.#load.get(name) ?? 0) - (name === own ? 1 : 0);
    const failed = state.rejected?.[agent] ?? {};
    const hasFailed = (name: string): number => (this.#now - (failed[name] ?? -Infinity) < skipForMs(state) ? 1 : 0);
    const free = this.#candidates(agent)
      // An agent that waited for a reset may return to the credential that it left.
      .filter((name) => hasWaited || name !== not)
      .sort((a, b) => hasFailed(a) - hasFailed(b) || load(a) - load(b) || (a < b ? -1 : 1));
    return free[0] ?? null;
  }
}
