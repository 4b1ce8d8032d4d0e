/**
 * Decides the liveness that beats and checks prove: the ten rules of docs/lifecycle.md, "Liveness".
 * `now` is epoch milliseconds.
 */
import { isUp, isAtRest } from '../lifecycle';
import type { CheckReported, ForwardedHeartbeat, Heartbeat, Liveness } from '../../../contract/agent';
import { type AgentState, namesItself } from '../state';
import { type Instance, newInstance } from '../instance';
import { withSession } from '../session';
import { isLate } from '../../lib/late';
import { isHeld, isOutdated, vouchedFor } from './holders';

/**
 * The state after a beat; the same object when the beat is ignored (rule 7, or an agent at rest).
 */
export function applyBeat(state: AgentState, beat: ForwardedHeartbeat, now: number): AgentState {
  const instance = instanceOf(state, beat, now);
  if (instance === null || isAtRest(state) || isOutdated(state.instance, beat)) return state;
  const vouched = vouchedFor(instance, beat);
  // The gateway vouches for the instance with every message, also if it repeats an old beat.
  if (beat.seq !== undefined && beat.seq !== 1 && instance.lastSeq !== null && beat.seq <= instance.lastSeq)
    return vouched === state.instance ? state : { ...state, instance: vouched };
  const counted: Instance = {
    ...vouched,
    lastSeq: beat.seq ?? instance.lastSeq,
    lastBeatAt: now,
    lastProofAt: now,
    endpoint: beat.endpoint ?? instance.endpoint,
    viaGateway: beat.via === 'gateway',
  };
  const known = instance === state.instance ? state.liveness : 'starting';
  return {
    ...withSession(state, beat.session),
    unheardFrom: null,
    instance: counted,
    liveness: afterBeat(state, counted, known, beat.status, now),
  };
}

/**
 * Rule 7: the current instance, a new one for an agent that names its instances itself, or null for
 * an earlier process.
 */
function instanceOf(state: AgentState, beat: ForwardedHeartbeat, now: number): Instance | null {
  const { id, replaced } = state.instance;
  if (beat.instanceId === id) return state.instance;
  // A late beat of the instance before must not bring it back while the present one beats.
  const isEarlier = beat.instanceId === replaced && state.liveness !== 'offline';
  if (!namesItself(state) || isEarlier) return null;
  const instance = { ...newInstance(beat.instanceId, now), confirmed: true };
  return id === null ? instance : { ...instance, replaced: id };
}

function afterBeat(
  state: AgentState,
  instance: Instance,
  known: Liveness,
  said: Heartbeat['status'],
  now: number,
): Liveness {
  switch (said) {
    case 'ready':
    case 'degraded':
      return said;
    case 'stopping':
      return 'offline';
    case 'starting':
      if (known === 'offline' || known === 'starting') return isYoung(state, instance, now) ? 'starting' : 'ready';
      return known;
  }
}

function isYoung(state: AgentState, instance: Instance, now: number): boolean {
  return instance.registeredAt === null || now - instance.registeredAt < state.settings.startupGraceMs;
}

/**
 * Rules 4 and 6: a passed check ends `starting` and `offline`; a failed one counts only where beats
 * are stale.
 */
export function applyCheck(before: AgentState, check: CheckReported, now: number): AgentState {
  const state = excuseSilence(before, now);
  if (check.instanceId !== state.instance.id || isAtRest(state)) return state;
  if (check.passed) {
    const liveness = state.liveness === 'starting' || state.liveness === 'offline' ? 'ready' : state.liveness;
    return { ...state, liveness, instance: { ...state.instance, lastProofAt: now } };
  }
  return isUp(state) && isStale(state, state.instance.lastBeatAt, now) ? { ...state, liveness: 'offline' } : state;
}

/** Rules 3, 5 and 8: the liveness that time alone leads to. */
export function livenessAt(state: AgentState, now: number): Liveness {
  if (!isUp(state) || state.liveness === 'offline') return state.liveness;
  const due = offlineAt(state);
  if (due !== null && now >= due && !isUnasked(state, due)) return 'offline';
  const rescue = rescueAt(state);
  return rescue !== null && now >= rescue ? 'ready' : state.liveness;
}

/**
 * Rule 10: when Drover looks at an agent's silence much later than planned, the silence counts from
 * now, because the agent could not reach Drover. The same object when it is not late.
 */
export function excuseSilence(state: AgentState, now: number): AgentState {
  if (!isUp(state) || state.liveness === 'offline') return state;
  const due = offlineAt(state);
  return due !== null && isLate(due, now) ? { ...state, silenceFrom: now } : state;
}

/** Whether going offline at `due` waits for an answer of the gateway (hearing.ts). */
export function isUnasked({ instance, gatewayAskedFor }: AgentState, due: number): boolean {
  return instance.viaGateway && gatewayAskedFor !== due;
}

/** When time alone may change the liveness next; null: never. */
export function livenessDue(state: AgentState): number | null {
  if (!isUp(state) || state.liveness === 'offline') return null;
  const dues = [offlineAt(state), rescueAt(state)].filter((due) => due !== null);
  return dues.length === 0 ? null : Math.min(...dues);
}

function isStale(state: AgentState, proof: number | null, now: number): boolean {
  if (isHeld(state)) return false;
  const since = Math.max(proof ?? 0, state.runningSince ?? 0, state.silenceFrom ?? 0);
  return now - since >= state.settings.staleAfterMs;
}

/**
 * Rule 5. An agent without a proof has its startup grace, if that is longer. While a gateway
 * vouches for it, time alone makes no agent offline.
 */
export function offlineAt(state: AgentState): number | null {
  if (state.runningSince === null || isHeld(state)) return null;
  const { staleAfterMs, startupGraceMs } = state.settings;
  const proof = state.instance.lastProofAt;
  const since = Math.max(state.runningSince, state.silenceFrom ?? 0);
  return proof === null ? since + Math.max(staleAfterMs, startupGraceMs) : Math.max(proof, since) + staleAfterMs;
}

/** Rule 3. It needs a proof. */
function rescueAt(state: AgentState): number | null {
  const { registeredAt, lastProofAt } = state.instance;
  if (state.liveness !== 'starting' || registeredAt === null || lastProofAt === null) return null;
  return registeredAt + state.settings.startupGraceMs;
}
