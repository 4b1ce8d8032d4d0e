/** A Temporal of a few lines: an agent that hears every beat, one behind two gateways with leases, and messages with their fates. */
import type { ForwardedHeartbeat, Heartbeat } from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import type { AgentSilent, LeaseRef, RenewLease } from '../../../src/contract/lease';
import { leaseWorkflowId } from '../../../src/contract/names';
import { Vouching } from '../../../src/gateway/leases/vouching';
import { BeatLedger } from '../../../src/gateway/routes/beats';
import { afterHearing, mustAskGateway } from '../../../src/rules/agent/liveness/hearing';
import { applyLeaseLost, applySilent } from '../../../src/rules/agent/liveness/leases';
import { applyBeat } from '../../../src/rules/agent/liveness/liveness';
import type { AgentState } from '../../../src/rules/agent/state';
import { type Rule, step } from '../../../src/rules/agent/step';
import { agentView } from '../../../src/rules/agent/view';
import { type LeaseState, newLease, renewed, timePassed } from '../../../src/rules/lease/state';
import { agentIn, MINUTE, SECOND, T0 } from '../../rules/agent/agents';
import { Direct } from './direct';

const REF = { fleet: 'mars', agent: 'A' };
/** The longest delay of a message, in seconds. */
export const LATE_S = 10;

/** What becomes of a message: the sender hears an error for all but `ok` and `twice`. */
export type Fate = 'ok' | 'lost' | 'answer lost' | 'late' | 'twice';

/** A gateway dies, and another one takes its place after some seconds; in between the balancer sends all to the other one. */
export interface Death {
  readonly afterS: number;
  readonly gateway: 0 | 1;
  readonly awayS: number;
}

function external(): AgentState {
  const state = agentIn('running', 'running', 'ready', [], { provider: 'external' });
  return { ...state, runningSince: T0 };
}

/** Both agents, the leases and the gateways. */
export class World {
  now = T0;
  readonly direct = new Direct(external());
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

  /** Sends one message; `late` is called where it only arrives later. */
  send(deliver: () => void, late: () => void = () => undefined): void {
    const next = this.#fates.next();
    const fate = next.done === true ? 'ok' : next.value;
    const at = this.now + LATE_S * SECOND;
    if (fate === 'late') this.#later.push({ at, deliver: late });
    if (fate === 'late' || fate === 'twice') this.#later.push({ at, deliver });
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

  /** The beat reaches a gateway that lives. Its sender learns whether the beat was passed on, and so does the other agent. */
  async beat(beat: Heartbeat, wanted: 0 | 1): Promise<void> {
    const gateway = this.#gateways[wanted] ?? this.#gateways[1 - wanted];
    if (!gateway) throw new Error('one of them lives');
    const before = this.leased.liveness;
    const isHeard = await gateway.beat(beat);
    this.direct.beat(beat, { gateway, isHeard, leased: before }, this.now);
  }

  async second(): Promise<void> {
    this.now += SECOND;
    for (const due of this.#later.filter(({ at }) => at <= this.now)) {
      this.#later.splice(this.#later.indexOf(due), 1);
      // A late message no longer has a sender.
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
    this.direct.second(this.now);
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
        world.send(
          () => world.change((state, now) => applyBeat(state, { ...beat, via: 'gateway' }, now)),
          () => world.direct.late(withoutSender(beat), world.now),
        ),
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

  async beat(beat: Heartbeat): Promise<boolean> {
    try {
      await this.#ledger.beat(REF, beat);
      return true;
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return false;
    }
  }

  tick(): Promise<void> {
    return this.#vouching.tick(this.#world.now);
  }
}

/** The beat as its agent has sent it. */
function withoutSender({ lease: _lease, gateway: _gateway, n: _n, ...beat }: ForwardedHeartbeat): Heartbeat {
  return beat;
}
