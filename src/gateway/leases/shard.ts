/**
 * One lease as its gateway keeps it: the agents that it has, the differences that Temporal has not
 * acknowledged, and its renewals. Times are milliseconds of a monotonic clock.
 */
import { DroverError } from '../../contract/errors';
import { LEASE_RENEW_MS, type LeaseRef, type RenewLease } from '../../contract/lease';
import { leaseWorkflowId } from '../../contract/names';

/** The calls of the client that a lease needs. */
export interface LeaseTarget {
  begin(ref: LeaseRef, renewal: RenewLease): Promise<void>;
  renew(ref: LeaseRef, renewal: RenewLease): Promise<void>;
}

/** The reports to its owner. */
export interface ShardNews {
  /** A renewal did not arrive, so agents are not vouched for without a break. */
  readonly failed: (error: unknown) => void;
  /** The lease has ended, and the next one begins. */
  readonly lost: (lease: string) => void;
}

interface Membership {
  wanted: boolean;
  /** Whether the lease's workflow has the agent. `maybe`: a renewal said so, and was not acknowledged. */
  known: 'no' | 'maybe' | 'yes';
}

/** The least time between two renewals: joins and retries are gathered for so long. */
const GATHER_MS = 1_000;

/** One lease, and the next ones of the same number. */
export class LeaseShard {
  readonly #agents = new Map<string, Membership>();
  readonly #target: LeaseTarget;
  readonly #news: ShardNews;
  #ref: LeaseRef;
  #n = 0;
  #hasBegun = false;
  #renewedAt = -Infinity;
  #triedAt = -Infinity;
  #isRenewing = false;

  constructor(instance: string, shard: number, target: LeaseTarget, news: ShardNews) {
    this.#ref = { instance, shard, epoch: 1 };
    this.#target = target;
    this.#news = news;
  }

  /** The workflow id of the current lease. */
  get id(): string {
    return leaseWorkflowId(this.#ref);
  }

  /** The number of agents that it has or will have. */
  get size(): number {
    return this.#agents.size;
  }

  /** The agents that it wants to have. */
  *agents(): Generator<string> {
    for (const [agent, { wanted }] of this.#agents) if (wanted) yield agent;
  }

  join(agent: string): void {
    const known = this.#agents.get(agent);
    if (known) known.wanted = true;
    else this.#agents.set(agent, { wanted: true, known: 'no' });
  }

  leave(agent: string): void {
    const membership = this.#agents.get(agent);
    if (!membership) return;
    membership.wanted = false;
    if (membership.known === 'no') this.#agents.delete(agent);
  }

  /** Whether Temporal has acknowledged that the agent has joined, and it has not left since. */
  vouchesFor(agent: string): boolean {
    const membership = this.#agents.get(agent);
    return membership?.wanted === true && membership.known === 'yes';
  }

  /** Renews the lease if it is time to; resolves when that has ended, and never rejects. */
  async tick(now: number): Promise<void> {
    if (this.#isRenewing || now - this.#triedAt < GATHER_MS || this.#agents.size === 0) return;
    const joined = this.#named(({ wanted, known }) => wanted && known !== 'yes');
    const left = this.#named(({ wanted, known }) => !wanted && known !== 'no');
    const isDue = now - this.#renewedAt >= LEASE_RENEW_MS;
    if (!isDue && joined.length + left.length === 0) return;
    this.#isRenewing = true;
    this.#triedAt = now;
    try {
      await this.#renew(joined, left);
      this.#renewedAt = now;
    } catch (error) {
      if (isEnded(error)) this.#beginNext();
      else this.#news.failed(error);
    } finally {
      this.#isRenewing = false;
    }
  }

  async #renew(joined: readonly string[], left: readonly string[]): Promise<void> {
    for (const agent of [...joined, ...left]) this.#mark(agent, 'maybe');
    this.#n += 1;
    const size = [...this.#agents.values()].filter(({ wanted }) => wanted).length;
    const renewal = { epoch: this.#ref.epoch, n: this.#n, joined, left, size };
    await (this.#hasBegun ? this.#target.renew(this.#ref, renewal) : this.#target.begin(this.#ref, renewal));
    this.#hasBegun = true;
    for (const agent of joined) this.#mark(agent, 'yes');
    for (const agent of left) this.#mark(agent, 'no');
  }

  #beginNext(): void {
    const lost = this.id;
    this.#ref = { ...this.#ref, epoch: this.#ref.epoch + 1 };
    this.#hasBegun = false;
    this.#renewedAt = -Infinity;
    for (const agent of [...this.#agents.keys()]) this.#mark(agent, 'no');
    this.#news.lost(lost);
  }

  #named(isMeant: (membership: Membership) => boolean): string[] {
    return [...this.#agents].filter(([, membership]) => isMeant(membership)).map(([agent]) => agent);
  }

  #mark(agent: string, known: Membership['known']): void {
    const membership = this.#agents.get(agent);
    if (!membership) return;
    membership.known = known;
    if (known === 'no' && !membership.wanted) this.#agents.delete(agent);
  }
}

function isEnded(error: unknown): boolean {
  return error instanceof DroverError && error.code === 'NotFound';
}
