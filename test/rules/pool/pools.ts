/** Pools as the tests of their rules begin: their credentials, the time, and a failure. */
import type { AllocationGranted } from '../../../src/contract/pool';
import { type PoolStep, observeFailure, requestAllocation } from '../../../src/rules/pool/pool';
import { newPool, type PoolState } from '../../../src/rules/pool/state';

export const HOUR = 3_600_000;
export const NOW = Date.parse('2026-01-05T12:00:00Z');
export const at = (ms: number): string => new Date(ms).toISOString();

/** Credentials with references to secrets: `a` has `env:A`. */
export const credentials = (...names: string[]) => names.map((name) => ({ name, secret: `env:${name.toUpperCase()}` }));

/** A new pool with these credentials. */
export function poolOf(...names: string[]): PoolState {
  return newPool('claude', { credentials: credentials(...names) }, null);
}

/** The pool after its provider has refused a credential, with the agent `f/x`. */
export function failed(state: PoolState, credential: string, when = NOW, resetAt?: number, now = NOW): PoolState {
  const reset = resetAt === undefined ? {} : { resetAt: at(resetAt) };
  return observeFailure(state, { credential, kind: 'auth', at: at(when), agent: 'f/x', ...reset }, now);
}

/** The answer to an agent that asks for a credential other than `not`. */
export function ask(state: PoolState, agent: string, not: string | null, requestId: string, now = NOW): PoolStep {
  return requestAllocation(state, { requestId, agent, not }, now);
}

/** The first grant of a step. */
export function grantOf(step: PoolStep): AllocationGranted | undefined {
  return step.grants[0]?.grant;
}
