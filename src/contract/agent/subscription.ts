/**
 * An agent's subscription: reports of failures, its credential, and the record of a switch
 * (docs/subscriptions.md).
 */
import type { AssignedSubscription } from './resource';

/**
 * The kind of a failure: the credential is exhausted for now, it is refused, or the failure is not
 * about it.
 */
export type FailureKind = 'rate_limit' | 'auth' | 'other';

/**
 * Update and signal `reportFailure`. `subscription` and `assignment` are those in use when the
 * failed work started; without `assignment`, the current one of that name. `resetAt`: when the
 * credential is usable again according to the provider, in ISO 8601. `count`: the number of such
 * failures, 1 by default.
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

/** The failure of a credential, without its name and turn. */
export type SubscriptionFailure = Pick<FailureReport, 'kind' | 'resetAt'>;

/** A subscription with the reference to its secret (`env:NAME`, `file:path`), never the secret. */
export interface HeldSubscription extends AssignedSubscription {
  readonly secret: string;
}

/** How a switch of credentials ended. */
export type SwitchResult = 'hot_reloaded' | 'restarted' | 'not_running' | 'failed';

/**
 * One switch: the `data` of the event `subscription.switched`. `agent` is `fleet/agent`; `from` is
 * null if it had none.
 */
export interface SwitchRecord {
  readonly agent: string;
  readonly pool: string;
  readonly from: string | null;
  readonly to: string;
  readonly kind: 'rate_limit' | 'auth' | 'moved';
  readonly eventsInWindow: number;
  readonly result: SwitchResult;
  /** The reason of `failed`; else null. */
  readonly error: string | null;
}
