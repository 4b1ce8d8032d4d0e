/**
 * Vouches for the agents that beat at this gateway (docs/lifecycle.md, "Leases"): holds them in
 * leases, notices by itself when one falls silent, and tells that agent's workflow. Nothing here has
 * a timer: `tick` is called once a second, or as a test likes.
 */
import { randomUUID } from 'node:crypto';
import { DroverError } from '../../contract/errors';
import { type AgentSilent, MOST_LEASE_AGENTS } from '../../contract/lease';
import type { AgentRef } from '../../client';
import { inParallel } from '../../lib/in-parallel';
import { type Counted, isMassSilence } from './brake';
import { Pace } from './pace';
import { LeaseShard, type LeaseTarget } from './shard';
import { Wheel } from './wheel';

/** The calls of the client that vouching needs. */
export interface VouchTarget extends LeaseTarget {
  silent(ref: AgentRef, silent: AgentSilent): Promise<void>;
}

/** The reports to its gateway. */
export interface VouchNews {
  /** Something could not be passed on, so agents have not been heard without a break. */
  readonly deaf: (error: unknown) => void;
  readonly warn: (message: string) => void;
}

/** An agent that beats at this gateway. The ledger of beats owns it. */
export interface Vouched extends Counted {
  readonly ref: AgentRef;
  readonly instanceId: string;
  /** The lease that its workflow may know; null: none. */
  heldBy: string | null;
  /** When a beat was last sent to its workflow; null: the next one must be sent. */
  toldAt: number | null;
  /** Whether the brake has given it one more `staleAfter`. */
  isBraked: boolean;
}

/** The part that a beat gets on its way: the lease that has the agent, or only which gateway sends it. */
export interface Vouch {
  readonly lease?: string;
  readonly gateway?: string;
  readonly n: number;
}

/** Beats that only name a new lease, a second: after a lost lease its agents are not told all at once. */
const RETOLD_PER_SECOND = 100;
/** How many agents receive `silent` at a time. */
const TOLD_AT_ONCE = 20;
/** How long until a silence that could not be told is told again. */
const AGAIN_MS = 1_000;

/** One instance per gateway. Times are milliseconds of a monotonic clock. */
export class Vouching {
  readonly #target: VouchTarget;
  readonly #news: VouchNews;
  readonly #instance: string;
  readonly #shards: LeaseShard[] = [];
  readonly #shardOf = new Map<string, LeaseShard>();
  readonly #agents = new Map<string, Vouched>();
  readonly #wheel: Wheel<Vouched>;
  readonly #retelling: Pace;
  readonly #suspected = new Map<LeaseShard, number>();
  #now: number;
  /** Silence counts from here, at the earliest. */
  #heardFrom = -Infinity;
  #n = 0;

  constructor(target: VouchTarget, news: VouchNews, now: number, instance: string = randomUUID()) {
    this.#target = target;
    this.#news = news;
    this.#instance = instance;
    this.#now = now;
    this.#wheel = new Wheel(now);
    this.#retelling = new Pace(RETOLD_PER_SECOND, now);
  }

  /** The number of agents that it vouches for or is about to. */
  get size(): number {
    return this.#agents.size;
  }

  /** The number of its leases. */
  get leases(): number {
    return this.#shards.length;
  }

  /** An agent has beaten, and its workflow knows. */
  heard(agent: Vouched): void {
    const key = keyOf(agent.ref);
    this.#agents.set(key, agent);
    if (!this.#wheel.has(agent)) this.#wheel.put(agent, agent.seenAt + agent.staleAfterMs);
    if (this.#shardOf.has(key)) return this.#shardOf.get(key)?.join(key);
    const shard = this.#roomyShard();
    this.#shardOf.set(key, shard);
    shard.join(key);
  }

  /** The part for the next beat. */
  vouchFor({ ref }: Pick<Vouched, 'ref'>): Vouch {
    const lease = this.#leaseOf(ref);
    this.#n += 1;
    return lease === null ? { gateway: this.#instance, n: this.#n } : { lease, n: this.#n };
  }

  /** Whether the agent's workflow knows the lease that now has the agent. */
  isHeld({ ref, heldBy }: Vouched): boolean {
    return heldBy !== null && heldBy === this.#leaseOf(ref);
  }

  /** Whether a beat must be sent only to name the lease, and may be sent now. */
  mustName(agent: Vouched, now: number): boolean {
    return this.#leaseOf(agent.ref) !== null && !this.isHeld(agent) && this.#retelling.take(now);
  }

  /** The agent is gone, or forgotten. */
  forget({ ref }: Pick<Vouched, 'ref'>): void {
    const key = keyOf(ref);
    const agent = this.#agents.get(key);
    if (agent) this.#wheel.remove(agent);
    this.#agents.delete(key);
    this.#leave(key);
  }

  /** The gateway itself stood still: every silence counts from now. */
  excuse(now: number): void {
    this.#heardFrom = now;
  }

  /** The warnings of `/readyz`. */
  warnings(now: number): string[] {
    for (const [shard, until] of this.#suspected) if (now >= until) this.#suspected.delete(shard);
    return [...this.#suspected.keys()].map((shard) => suspicion(shard));
  }

  /** Renews what is due and tells the silent. Resolves when all of it has ended; never rejects. */
  async tick(now: number): Promise<void> {
    this.#now = now;
    const due = this.#wheel.take(now).filter((agent) => !this.#waits(agent, now));
    await Promise.all([
      inParallel(due, TOLD_AT_ONCE, (agent) => this.#tell(agent, now)),
      ...this.#shards.map((shard) => shard.tick(now)),
    ]);
  }

  /** Puts an agent back that is not silent for long enough, or that the brake holds. */
  #waits(agent: Vouched, now: number): boolean {
    const { seenAt, staleAfterMs } = agent;
    const dueAt = Math.max(seenAt, this.#heardFrom) + staleAfterMs * (agent.isBraked ? 2 : 1);
    if (now < dueAt) {
      this.#wheel.put(agent, dueAt);
      return true;
    }
    const shard = this.#shardOf.get(keyOf(agent.ref));
    if (agent.isBraked || !agent.shouldBeat || !shard || !isMassSilence(agent, this.#agentsOf(shard), now))
      return false;
    if (!this.#suspected.has(shard)) this.#news.warn(suspicion(shard));
    this.#suspected.set(shard, Math.max(this.#suspected.get(shard) ?? 0, now + staleAfterMs));
    agent.isBraked = true;
    this.#wheel.put(agent, now + staleAfterMs);
    return true;
  }

  /** A beat that arrives while this is under way is told with a higher number, and the agent stays. */
  async #tell(agent: Vouched, now: number): Promise<void> {
    const { ref, heldBy: lease, instanceId, seenAt } = agent;
    agent.toldAt = null;
    if (lease === null) return this.forget(agent);
    this.#n += 1;
    const silent = { lease, instanceId, n: this.#n, silentForMs: Math.round(now - seenAt) };
    try {
      await this.#target.silent(ref, silent);
    } catch (error) {
      if (isGone(error)) return this.forget(agent);
      this.#news.deaf(error);
      if (agent.seenAt === seenAt) this.#wheel.put(agent, now + AGAIN_MS);
      return;
    }
    if (agent.seenAt !== seenAt) return;
    agent.heldBy = null;
    this.forget(agent);
  }

  #agentsOf(shard: LeaseShard): Vouched[] {
    return [...shard.agents()].flatMap((key) => this.#agents.get(key) ?? []);
  }

  #leaseOf(ref: AgentRef): string | null {
    const key = keyOf(ref);
    const shard = this.#shardOf.get(key);
    return shard?.vouchesFor(key) ? shard.id : null;
  }

  #leave(key: string): void {
    this.#shardOf.get(key)?.leave(key);
    this.#shardOf.delete(key);
  }

  #roomyShard(): LeaseShard {
    const roomy = this.#shards.find(({ size }) => size < MOST_LEASE_AGENTS);
    if (roomy) return roomy;
    const shard: LeaseShard = new LeaseShard(this.#instance, this.#shards.length, this.#target, {
      failed: this.#news.deaf,
      lost: (lease) => {
        this.#lost(shard, lease);
      },
    });
    this.#shards.push(shard);
    return shard;
  }

  /** Its agents learn the next lease with their next beats, so many a second. */
  #lost(shard: LeaseShard, lease: string): void {
    this.#news.deaf(new DroverError('Unavailable', `the lease ${lease} has ended`));
    this.#news.warn(`the lease ${lease} has ended: the next one begins, and its agents are told`);
    for (const agent of this.#agentsOf(shard)) agent.toldAt = this.#now;
  }
}

function keyOf({ fleet, agent }: AgentRef): string {
  return `${fleet}/${agent}`;
}

function suspicion({ id }: LeaseShard): string {
  return (
    `more than half of the agents of ${id} fell silent within 10 s: this gateway may not hear them, ` +
    `so they are called offline one more staleAfter later; look at the network before this gateway`
  );
}

function isGone(error: unknown): boolean {
  return error instanceof DroverError && error.code === 'AgentNotFound';
}
