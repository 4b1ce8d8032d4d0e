/** The events of a pool: that agents wait for a credential, that none waits, and that a person reset it. */
import type { NewEntry } from '../../contract/event/log';
import type { Origin } from '../../contract/caller/origin';
import { append } from '../lib/log/log';
import { byField } from '../lib/origin';
import { announceExhaustion, type PoolStep, type PoolReset, resetPool } from './pool';
import { type PoolState, poolView } from './state';

/** The most agents that an event names. */
const MOST_NAMED = 100;

/** The state with the event that is due at a time (epoch ms), once per change. */
export function withExhaustion(before: PoolState, now: number): PoolState {
  const { state, due } = announceExhaustion(before);
  if (state === before) return state;
  return { ...state, log: append(state.log, due ? exhausted(state, now) : available(state), now) };
}

/** Decides an operator's reset, and records who gave it. Throws as `resetPool`. */
export function decideReset(before: PoolState, request: PoolReset & Origin, now: number): PoolStep {
  const { state, grants } = resetPool(before, request, now);
  const { pool } = state;
  const data = { pool, credential: request.credential ?? null, fleets: fleetsOf(state), ...byField(request) };
  return { state: { ...state, log: append(state.log, { type: 'pool.reset', data }, now) }, grants };
}

function exhausted(state: PoolState, now: number): NewEntry {
  const { pool, exhaustedUntil } = poolView(state, now);
  const agents = state.waiting.slice(0, MOST_NAMED).map(({ agent }) => agent);
  const { length: waiting } = state.waiting;
  return { type: 'pool.exhausted', data: { pool, exhaustedUntil, agents, waiting, fleets: fleetsOf(state) } };
}

function available(state: PoolState): NewEntry {
  return { type: 'pool.available', data: { pool: state.pool, fleets: fleetsOf(state) } };
}

function fleetsOf({ fleets }: PoolState): string[] {
  return Object.keys(fleets).slice(0, MOST_NAMED);
}
