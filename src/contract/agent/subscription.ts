/** An agent's subscription: reports about it, what it is held by, and what a switch has come to (docs/subscriptions.md). */
import type { AssignedSubscription } from '.';

/** What a failure says of the credential: used up for now, not accepted, or nothing at all. */
export type FailureKind = 'rate_limit' | 'auth' | 'other';

/**
 * Update and signal `reportFailure`. `subscription` and `assignment` are the ones in use when the failing work started; without a number
 * the agent's present one of that name is meant. `resetAt`: when the provider said that it is usable again, ISO 8601. `count`: so many alike,
 * 1 unless given.
 */
export interface FailureReport {
  readonly subscription: string;
  readonly assignment?: number;
  readonly kind: FailureKind;
  readonly resetAt?: string;
  readonly count?: number;
  readonly turnId?: string;
  readonly requestId?: string;
}

/** What is known of a failed piece of work, as far as it concerns the credential. */
export type SubscriptionFailure = Pick<FailureReport, 'kind' | 'resetAt'>;

/** A subscription with the reference to its secret (`env:NAME`, `file:path`), never the secret. */
export interface HeldSubscription extends AssignedSubscription {
  readonly secret: string;
}

/** How a switch of credentials ended. */
export type SwitchResult = 'hot_reloaded' | 'restarted' | 'not_running' | 'failed';

/** One switch: `data` of the event `subscription.switched`. `agent` is `fleet/agent`; `from` null: it had none. */
export interface SwitchRecord {
  readonly agent: string;
  readonly pool: string;
  readonly from: string | null;
  readonly to: string;
  readonly kind: 'rate_limit' | 'auth' | 'moved';
  readonly eventsInWindow: number;
  readonly result: SwitchResult;
  /** Why, for `failed`. */
  readonly error: string | null;
}
