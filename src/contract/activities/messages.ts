/** Activities that send: signals between workflows, and webhooks. */
import type { DroverEvent, NotifyInput, NotifySpec } from '../event';

/** One event and its webhooks. */
export interface RaiseCall {
  readonly event: DroverEvent;
  readonly targets: readonly NotifySpec[];
}

/** Effects of notifications, on the main queue. */
export interface NotificationActivities {
  /** Starts one `notify` workflow per target; a retry starts no second one. */
  raiseEvent(call: RaiseCall): Promise<void>;
  /**
   * Posts the event, signed as in Standard Webhooks. Throws unless the answer is 2xx; only 410 is
   * not retryable.
   */
  postWebhook(call: NotifyInput): Promise<void>;
}

/** A signal from one workflow to another one, addressed by workflow id. */
export interface SignalCall {
  readonly workflowId: string;
  /** The signal's name. */
  readonly signal: string;
  readonly argument: unknown;
}

/**
 * The outcome of a signal. `gone`: the receiver is closed, does not exist, or accepts no more
 * signals.
 */
export type Delivery = 'delivered' | 'gone';

/**
 * Signals between workflows; local activities of the sender's worker
 * (docs/decisions/0015-a-branch-sends-within-its-task.md).
 */
export interface SignalActivities {
  signalWorkflow(call: SignalCall): Promise<Delivery>;
}

/** Questions of a run or a branch about branches below it; local activities. */
export interface FamilyActivities {
  /** Whether the id belongs to a branch, open or closed; false for another workflow type. */
  isBranch(call: { readonly workflowId: string }): Promise<boolean>;
}
