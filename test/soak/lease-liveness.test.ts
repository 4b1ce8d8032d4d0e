/**
 * The same random beats, straight to one agent and through two gateways with leases to another. The gateways die, and messages are lost,
 * repeated or late. Both agents have the same liveness, within the time that a lease lasts.
 */
import fc from 'fast-check';
import type { ForwardedHeartbeat, Heartbeat, Liveness } from '../../src/contract/agent';
import { DroverError } from '../../src/contract/errors';
import { type AgentSilent, LEASE_TTL_MS, type LeaseRef, type RenewLease } from '../../src/contract/lease';
import { leaseWorkflowId } from '../../src/contract/names';
import { Vouching } from '../../src/gateway/leases/vouching';
import { BeatLedger } from '../../src/gateway/routes/beats';
import { afterHearing, mustAskGateway } from '../../src/rules/agent/liveness/hearing';
import { applyLeaseLost, applySilent } from '../../src/rules/agent/liveness/leases';
import { applyBeat } from '../../src/rules/agent/liveness/liveness';
import type { AgentState } from '../../src/rules/agent/state';
import { type Rule, step } from '../../src/rules/agent/step';
import { agentView } from '../../src/rules/agent/view';
import { type LeaseState, newLease, renewed, timePassed } from '../../src/rules/lease/state';
import { agentIn, MINUTE, SECOND, T0 } from '../rules/agent/agents';
import { runs } from '../support/runs';

const REF = { fleet: 'mars', agent: 'A' };
const BEAT_EVERY_MS = 5 * SECOND;
/** The longest delay of a message, and as much for the seconds in which gateways and beats come. */
const LATE_S = 10;
const TOLERANCE_S = (LEASE_TTL_MS + 2 * LATE_S * SECOND) / SECOND;

/** What becomes of a message: the sender hears an error for all but `ok` and `twice`. */
type Fate = 'ok' | 'lost' | 'answer lost' | 'late' | 'twice';

/** How an agent behaves for some seconds: which gateway the balancer sends it to, and what it says; null: nothing. */
interface Phase {
  readonly seconds: number;
  readonly gateway: 0 | 1;
  readonly status: Heartbeat['status'] | null;
  readonly isNewInstance: boolean;
}

/** A gateway dies, and another one takes its place after some seconds; in between the balancer sends all to the other one. */
interface Death {
  readonly afterS: number;
  readonly gateway: 0 | 1;
  readonly awayS: number;
}

function external(): AgentState {
  const state = agentIn('running', 'running', 'ready', [], { provider: 'external' });
  return { ...state, runningSince: T0 };
}

/** A Temporal of a few lines: two agents, leases, and messages with their fates. */
class World {
  now = T0;
  direct = external();
  leased = external();
  readonly leases = new Map<string, LeaseState>();
  readonly #fates: Iterator<Fate, unknown>;
  readonly #later: { readonly at: number; readonly deliver: () => void }[] = [];
  readonly #gateways: (Gateway | null)[];
  readonly #backAt: [number, number] = [0, 0];
  #starts = 0;

  constructor(fates: Iterator<Fate, unknown>) {
    this.#fates = fates;
    this.#gateways = [this.#start(), this.#start()];
  }

  /** Sends one message. */
  send(deliver: () => void): void {
    const next = this.#fates.next();
    const fate = next.done === true ? 'ok' : next.value;
    if (fate === 'late' || fate === 'twice') this.#later.push({ at: this.now + LATE_S * SECOND, deliver });
    if (fate !== 'lost' && fate !== 'late') deliver();
    if (fate !== 'ok' && fate !== 'twice') throw new DroverError('Unavailable', 'no answer');
  }

  change(rule: Rule): void {
    this.leased = step(this.leased, rule, this.now);
  }

  renew(ref: LeaseRef, renewal: RenewLease, isFirst: boolean): void {
    const id = leaseWorkflowId(ref);
    const known = this.leases.get(id) ?? (isFirst ? newLease({ v: 1, ...ref }, this.now) : undefined);
    if (known === undefined || known.ends !== null) throw new DroverError('NotFound', 'no such workflow');
    this.#put(id, renewed(known, renewal, this.now));
  }

  die({ gateway, awayS }: Death): void {
    if (this.#gateways.includes(null)) return;
    this.#gateways[gateway] = null;
    this.#backAt[gateway] = this.now + awayS * SECOND;
  }

  /** The beat reaches a gateway that lives; the direct agent hears it as a service would send it. */
  async beat(beat: Heartbeat, wanted: 0 | 1): Promise<void> {
    const gateway = this.#gateways[wanted] ?? this.#gateways[1 - wanted];
    this.direct = step(this.direct, (state, now) => applyBeat(state, beat, now), this.now);
    await gateway?.beat(beat);
  }

  async second(): Promise<void> {
    this.now += SECOND;
    for (const due of this.#later.filter(({ at }) => at <= this.now)) {
      this.#later.splice(this.#later.indexOf(due), 1);
      // A late message has no sender any more.
      try {
        due.deliver();
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
      }
    }
    for (const index of [0, 1] as const) {
      if (this.#gateways[index] === null && this.now >= this.#backAt[index]) this.#gateways[index] = this.#start();
    }
    for (const [id, lease] of this.leases) this.#put(id, timePassed(lease, this.now));
    this.direct = step(this.direct, (state) => state, this.now);
    this.change((state) => state);
    if (mustAskGateway(this.leased, this.now))
      this.change((state, now) => afterHearing(state, { listeningMs: 10 * MINUTE }, now));
    for (const gateway of this.#gateways) await gateway?.tick();
  }

  #put(id: string, lease: LeaseState): void {
    this.leases.set(id, lease);
    const before = this.#ended.has(id);
    if (lease.ends === null || before) return;
    this.#ended.add(id);
    const renewedAgoMs = this.now - lease.renewedAt;
    if (lease.agents.length > 0) this.change((state, now) => applyLeaseLost(state, { lease: id, renewedAgoMs }, now));
  }

  readonly #ended = new Set<string>();

  #start(): Gateway {
    this.#starts += 1;
    return new Gateway(this, `g${String(this.#starts)}`);
  }
}

/** The real ledger and leases of a gateway. */
class Gateway {
  readonly #world: World;
  readonly #vouching: Vouching;
  readonly #ledger: BeatLedger;

  constructor(world: World, instance: string) {
    this.#world = world;
    const target = {
      heartbeat: async (_ref: unknown, beat: ForwardedHeartbeat) =>
        world.send(() => world.change((state, now) => applyBeat(state, { ...beat, via: 'gateway' }, now))),
      describe: async () => agentView(world.leased),
      begin: async (ref: LeaseRef, renewal: RenewLease) => world.send(() => world.renew(ref, renewal, true)),
      renew: async (ref: LeaseRef, renewal: RenewLease) => world.send(() => world.renew(ref, renewal, false)),
      silent: async (_ref: unknown, silent: AgentSilent) =>
        world.send(() => world.change((state, now) => applySilent(state, silent, now))),
    };
    const news = { deaf: () => this.#ledger.deaf(), warn: () => undefined };
    this.#vouching = new Vouching(target, news, world.now, instance);
    const counters = { received: () => undefined, forwarded: () => undefined };
    this.#ledger = new BeatLedger(target, counters, () => world.now, this.#vouching);
  }

  async beat(beat: Heartbeat): Promise<void> {
    try {
      await this.#ledger.beat(REF, beat);
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
    }
  }

  tick(): Promise<void> {
    return this.#vouching.tick(this.#world.now);
  }
}

const phase: fc.Arbitrary<Phase> = fc.record({
  // About as long as a renewal, as a silence, and as it takes until both must be the same.
  seconds: fc.oneof(
    fc.integer({ min: 1, max: 15 }),
    fc.integer({ min: 50, max: 90 }),
    fc.integer({ min: 150, max: 300 }),
  ),
  gateway: fc.constantFrom(0 as const, 1 as const),
  status: fc.constantFrom<Heartbeat['status'] | null>('ready', 'ready', 'degraded', 'starting', 'stopping', null, null),
  isNewInstance: fc.boolean(),
});
const death: fc.Arbitrary<Death> = fc.record({
  afterS: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 300 })),
  gateway: fc.constantFrom(0 as const, 1 as const),
  awayS: fc.integer({ min: 1, max: 200 }),
});
/** Half of the messages arrive. */
const fate = fc.constantFrom<Fate>('ok', 'ok', 'ok', 'ok', 'lost', 'answer lost', 'late', 'twice', 'twice');
/** The last phase is long enough to show what the others have led to. */
const lastPhase = fc.record({
  seconds: fc.constant(400),
  gateway: fc.constantFrom(0 as const, 1 as const),
  status: fc.constantFrom<Heartbeat['status'] | null>('ready', null, null),
  isNewInstance: fc.constant(false),
});

/** A gateway that has died vouches for the rest of its lease, in which rule 3 of docs/lifecycle.md may make an agent ready. */
function mayBe(leased: Liveness, direct: Liveness): boolean {
  return leased === direct || (leased === 'ready' && direct === 'starting');
}

test('property: the liveness of both is the same, within the time that a lease lasts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.array(phase, { minLength: 1, maxLength: 6 }), lastPhase).map(([some, last]) => [...some, last]),
      fc.array(death, { maxLength: 4 }),
      fc.infiniteStream(fate),
      async (phases, deaths, fates) => {
        const world = new World(fates);
        const seen: [Liveness, Liveness][] = [];
        const dying = [...deaths];
        let untilDeath = dying[0]?.afterS ?? Infinity;
        let instances = 1;
        let seq = 0;
        for (const { seconds, gateway, status, isNewInstance } of phases) {
          if (isNewInstance && status !== null) {
            instances += 1;
            seq = 0;
          }
          for (let second = 0; second < seconds; second += 1) {
            untilDeath -= 1;
            if (untilDeath <= 0) {
              const dies = dying.shift();
              if (dies) world.die(dies);
              untilDeath = dying[0]?.afterS ?? Infinity;
            }
            await world.second();
            if (status !== null && world.now % BEAT_EVERY_MS === 0) {
              seq += 1;
              await world.beat({ instanceId: `A-${String(instances)}`, seq, status }, gateway);
            }
            seen.push([world.direct.liveness, world.leased.liveness]);
          }
        }
        let differsFor = 0;
        for (const [second, [, leased]] of seen.entries()) {
          const near = seen.slice(Math.max(0, second - TOLERANCE_S), second + TOLERANCE_S + 1);
          const isKnown = second + TOLERANCE_S >= seen.length;
          // A message that is lost may make them differ, but for no longer than a lease lasts.
          differsFor = isKnown || near.some(([direct]) => mayBe(leased, direct)) ? 0 : differsFor + 1;
          if (differsFor > LEASE_TTL_MS / SECOND)
            throw new Error(
              `after ${String(second)} s the agent with leases is ${leased}, the other ${seen[second]?.[0] ?? ''}`,
            );
        }
        for (const [second, [direct]] of seen.entries()) {
          const later = seen.slice(second, second + TOLERANCE_S + 1);
          const stays = later.length > TOLERANCE_S && later.every(([other]) => other === direct);
          if (stays && !later.some(([, leased]) => leased === direct))
            throw new Error(`${String(second)} s: one stays ${direct}, the one with leases never becomes it`);
        }
      },
    ),
    { numRuns: runs(400) },
  );
});
