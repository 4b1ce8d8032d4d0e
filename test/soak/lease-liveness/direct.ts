/**
 * The agent that hears its beats without gateways, in all the ways that its sender has to expect: a sender whose beat was answered with
 * an error does not know whether it was heard. docs/decisions/0033 lists the ways.
 */
import type { Heartbeat, Liveness } from '../../../src/contract/agent';
import { LEASE_TTL_MS } from '../../../src/contract/lease';
import { applyBeat } from '../../../src/rules/agent/liveness/liveness';
import type { AgentState } from '../../../src/rules/agent/state';
import { step } from '../../../src/rules/agent/step';

/** How the beat fared, and what the agent with leases was before it. */
interface Passed {
  readonly gateway: object;
  readonly isHeard: boolean;
  readonly leased: Liveness;
}

/** One way. `unheard`: beats that this gateway answered with an error, and still has to tell. */
interface Way {
  readonly state: AgentState;
  readonly unheard: readonly Heartbeat[];
  readonly gateway: object | null;
  /** What it was before silence alone made it offline, and when that was; null if it was not silence. */
  readonly before: { readonly liveness: Liveness; readonly at: number } | null;
}

/** All ways, of which equal ones are one. */
export class Direct {
  #ways: readonly Way[];

  constructor(state: AgentState) {
    this.#ways = [{ state, unheard: [], gateway: null, before: null }];
  }

  get liveness(): ReadonlySet<Liveness> {
    return new Set(this.#ways.map(({ state }) => state.liveness));
  }

  /** Time alone. */
  second(now: number): void {
    this.#become(
      this.#ways.map((way) => {
        const state = step(way.state, (same) => same, now);
        if (state === way.state) return way;
        const isSilent = state.liveness === 'offline' && way.state.liveness !== 'offline';
        return { ...way, state, before: isSilent ? { liveness: way.state.liveness, at: now } : way.before };
      }),
    );
  }

  beat(beat: Heartbeat, passed: Passed, now: number): void {
    this.#become(
      this.#ways
        .flatMap((way) => [way, ...stillHeld(way, beat, passed, now)])
        .flatMap((way) => after(way, beat, passed, now)),
    );
  }

  /** A beat that was answered with an error arrives after all. */
  late(beat: Heartbeat, now: number): void {
    this.#become(this.#ways.flatMap((way) => [way, { ...way, ...heard(way, [beat], now) }]));
  }

  #become(ways: readonly Way[]): void {
    this.#ways = [...new Map(ways.map((way) => [keyOf(way), way])).values()];
  }
}

/** A heard beat is heard at once. One with an error: at once, with the next beat at the same gateway, or, with none there, never. */
function after(way: Way, beat: Heartbeat, { gateway, isHeard }: Passed, now: number): Way[] {
  const present = way.gateway === gateway ? way : { ...way, unheard: [], gateway };
  const retold = { ...present, ...heard(present, present.unheard, now), unheard: [] };
  const all = { ...retold, ...heard(retold, [beat], now) };
  if (isHeard) return [all];
  return [all, { ...retold, unheard: [beat] }, { ...present, unheard: [...present.unheard.slice(-1), beat] }];
}

/** A gateway that has died vouches until its lease ends, and `starting` keeps the liveness that it finds (lifecycle.md, rule 2). */
function stillHeld(way: Way, { status }: Heartbeat, { leased }: Passed, now: number): Way[] {
  const { state, before } = way;
  const isBeyond = before === null || before.liveness !== leased || now - before.at > LEASE_TTL_MS;
  if (status !== 'starting' || state.liveness !== 'offline' || isBeyond) return [];
  return [{ ...way, state: { ...state, liveness: leased }, before: null }];
}

function heard({ state }: Way, beats: readonly Heartbeat[], now: number): Pick<Way, 'state' | 'before'> {
  const next = beats.reduce((known, beat) => step(known, (same, at) => applyBeat(same, beat, at), now), state);
  return { state: next, before: null };
}

function keyOf({ state, unheard, before }: Way): string {
  const { id, replaced, lastSeq, lastProofAt, registeredAt } = state.instance;
  const beats = unheard.map(({ seq, instanceId }) => `${instanceId} ${String(seq)}`);
  return JSON.stringify([
    state.liveness,
    id,
    replaced,
    lastSeq,
    lastProofAt,
    registeredAt,
    state.silenceFrom,
    before,
    beats,
  ]);
}
