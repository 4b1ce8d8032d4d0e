/** Updates of a pool that a repeat of their request does not carry out twice. */
import { earlier, markOf, withMark } from '../lib/fingerprint';
import type { PoolStep } from './pool';
import type { PoolState } from './state';

/** The rule of an update, applied once for each request id. `IdempotencyConflict` where the id was another request's. */
export function once<T extends { readonly requestId?: string }>(
  update: string,
  message: T,
  rule: (state: PoolState, message: T, now: number) => PoolStep,
): (state: PoolState, now: number) => PoolStep {
  const mark = markOf(update, message);
  return (state, now) => {
    if (earlier(state.requests, mark)) return { state, grants: [] };
    const { state: next, grants } = rule(state, message, now);
    return { state: { ...next, requests: withMark(next.requests, mark) }, grants };
  };
}
