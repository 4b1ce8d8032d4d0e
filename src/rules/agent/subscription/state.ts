/** What an agent's workflow knows of its way from one credential to the next, as plain JSON. Times are epoch milliseconds. */
import type { AllocationGranted, FailureObserved } from '../../../contract/pool';
import type { HeldSubscription, SwitchRecord } from '../../../contract/agent/subscription';

/** Why an agent needs a credential: it has none yet, one failed, or the pool moves it. */
export type SwitchKind = 'first' | 'rate_limit' | 'auth' | 'moved';

/** Where a switch is: the pool is asked; it is used up; turns in flight finish, and the new one is applied hot; or by a restart. */
export type SwitchStep = 'asking' | 'waiting' | 'draining' | 'restarting';

/** One switch; there is at most one. */
export interface Switch {
  readonly pool: string;
  readonly requestId: string;
  readonly kind: SwitchKind;
  readonly step: SwitchStep;
  readonly from: HeldSubscription | null;
  readonly to: HeldSubscription | null;
  /** When the pool is asked, or asked again; null: it has answered. */
  readonly askAt: number | null;
  readonly eventsInWindow: number;
  /** Until when turns in flight may finish; null: the agent does not run, or the drain has not begun. */
  readonly drainUntil: number | null;
  readonly apply: 'hot' | 'restart';
  /** The failure that began it, as the pool is told. */
  readonly failed: FailureObserved | null;
  /** The new one has failed while it was being applied: another switch follows. */
  readonly again: 'rate_limit' | 'auth' | null;
  /** How often in a row the pool was not there, where it was not. */
  readonly lost?: number;
  /** A newer grant that came while this one was being applied. */
  readonly newer: Granted | null;
}

/** A grant that gives a credential. */
export type Granted = Extract<AllocationGranted, { readonly credential: string }>;

/** How a switch ended. `rejected`: whose grant is taken back by which pool. */
export interface SwitchEnd {
  readonly what: string;
  readonly why: string;
  readonly accepted: boolean;
  readonly record: SwitchRecord | null;
  readonly rejected: { readonly pool: string; readonly requestId: string } | null;
}

export interface SubscriptionState {
  readonly switching: Switch | null;
  /** Requests made so far: each has a number of its own. */
  readonly asked: number;
  /** The highest assignment heard of; an answer that is not above it is an old one. */
  readonly highest: number;
  /** When a credential could not be applied. */
  readonly failedAt: number | null;
  /** Switches of whose end nobody has been told yet. */
  readonly ended: readonly SwitchEnd[];
  /** The pool that knows of the agent, and has to hear of its end. */
  readonly knownTo: string | null;
}

/** Of an agent that has not asked for anything. */
export const NO_SWITCH: SubscriptionState = {
  switching: null,
  asked: 0,
  highest: 0,
  failedAt: null,
  ended: [],
  knownTo: null,
};

/** Whether no new turn is taken because the credential is being changed. Before its first one an agent works without. */
export function blocksTurns({ switching }: SubscriptionState): boolean {
  if (switching === null || switching.step === 'waiting') return false;
  return switching.step !== 'asking' || switching.kind !== 'first';
}
