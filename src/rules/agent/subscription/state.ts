/**
 * The state of an agent's switch between credentials, as plain JSON. Times are epoch milliseconds.
 */
import type { AllocationGranted, FailureObserved } from '../../../contract/pool';
import type { HeldSubscription, SwitchRecord } from '../../../contract/agent/subscription';

/** Why an agent needs a credential: it has none yet, its own failed, or the pool moves it. */
export type SwitchKind = 'first' | 'rate_limit' | 'auth' | 'moved';

/**
 * The step of a switch. `asking`: a request is sent; `waiting`: the pool is exhausted; `draining`:
 * turns in flight finish before the new credential is applied; `restarting`: a restart applies it.
 */
export type SwitchStep = 'asking' | 'waiting' | 'draining' | 'restarting';

/** One switch; there is at most one. */
export interface Switch {
  readonly pool: string;
  readonly requestId: string;
  readonly kind: SwitchKind;
  readonly step: SwitchStep;
  readonly from: HeldSubscription | null;
  readonly to: HeldSubscription | null;
  /** When the request is sent or repeated; null: the pool has answered. */
  readonly askAt: number | null;
  readonly eventsInWindow: number;
  /**
   * Until when turns in flight may finish; null: the agent does not run, or the drain has not
   * begun.
   */
  readonly drainUntil: number | null;
  readonly apply: 'hot' | 'restart';
  /** The failure that began the switch, as the pool receives it. */
  readonly failed: FailureObserved | null;
  /** The new credential failed while it was being applied: another switch follows. */
  readonly again: 'rate_limit' | 'auth' | null;
  /** How often in a row the pool did not exist; absent: it did. */
  readonly lost?: number;
  /** A newer grant that arrived while this one was being applied. */
  readonly newer: Granted | null;
}

/** A grant that gives a credential. */
export type Granted = Extract<AllocationGranted, { readonly credential: string }>;

/** How a switch ended. `rejected`: the request of a grant that the pool must withdraw. */
export interface SwitchEnd {
  readonly what: string;
  readonly why: string;
  readonly accepted: boolean;
  readonly record: SwitchRecord | null;
  readonly rejected: { readonly pool: string; readonly requestId: string } | null;
}

/** The memory of an agent's workflow about its pool. */
export interface SubscriptionState {
  readonly switching: Switch | null;
  /** The number of requests so far; it makes each request id unique. */
  readonly asked: number;
  /** The highest assignment received; an answer that is not above it is stale. */
  readonly highest: number;
  /** When the last attempt to apply a credential failed. */
  readonly failedAt: number | null;
  /** Ended switches that are not announced yet. */
  readonly ended: readonly SwitchEnd[];
  /** The pool that knows the agent and must learn of its end. */
  readonly knownTo: string | null;
}

/** The state of an agent that has sent no request. */
export const NO_SWITCH: SubscriptionState = {
  switching: null,
  asked: 0,
  highest: 0,
  failedAt: null,
  ended: [],
  knownTo: null,
};

/**
 * Whether a switch blocks new turns. An agent that asks for its first credential works without one.
 */
export function blocksTurns({ switching }: SubscriptionState): boolean {
  if (switching === null || switching.step === 'waiting') return false;
  return switching.step !== 'asking' || switching.kind !== 'first';
}
