/** Makes the updates of a pool idempotent by request id. */
import { findRequest, markOf, withMark } from '../lib/fingerprint';
import type { PoolStep } from './pool';
import type { PoolState } from './state';

/**
 * Applies an update's rule once for each request id. Throws `IdempotencyConflict` if another
 * request used the id.
 */
export function once<T extends { readonly requestId?: string }>(
  update: string,
  message: T,
  rule: (state: PoolState, message: T, now: number) => PoolStep,
): (state: PoolState, now: number) => PoolStep {
  const mark = markOf(update, message);
  return (state, now) => {
    if (findRequest(state.requests, mark)) return { state, grants: [] };
    const { state: next, grants } = rule(state, message, now);
    return { state: { ...next, requests: withMark(next.requests, mark) }, grants };
  };
}
