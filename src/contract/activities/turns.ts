/** Activities at an agent's own endpoint: turns, undos and credentials. */
import type { HeldSubscription, SubscriptionFailure } from '../agent/subscription';
import type { TurnOutcome, TurnRequest, TurnRetry } from '../agent/turns';
import type { PoolsCall } from './fleet';

/** The input of the turn activity. */
export interface TurnCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string;
  readonly request: TurnRequest;
  /** The workflow that waits for the answer. */
  readonly replyTo: string;
  /**
   * The reference to the secret of the agent (`env:NAME`, `file:path`); no error shows the secret.
   */
  readonly secret?: string;
  /** The references of its variables; no error shows their secrets either. Absent if it has none. */
  readonly references?: readonly string[];
}

/**
 * How a turn ended. `failure` is the failure of its credential, if it failed. `delivered`:
 * the activity itself has sent the answer to the branch.
 */
export type TurnResult = TurnOutcome & {
  readonly failure?: SubscriptionFailure;
  /** Set if the turn failed in a way that its agent's `turns.retry` may repeat. */
  readonly retry?: TurnRetry;
  readonly delivered?: true;
};

/** Effects on an agent over its own endpoint, on the turns queue. */
export interface TurnActivities {
  /**
   * Calls `POST /turn`. The retry policy repeats transport failures; a 4xx is an outcome with
   * `TurnRejected`.
   */
  takeTurn(call: TurnCall): Promise<TurnResult>;
}

/** A new credential for a running agent. */
export interface CredentialCall {
  readonly fleet: string;
  readonly agent: string;
  readonly endpoint: string | null;
  readonly subscription: HeldSubscription;
}

/** Whether the agent uses the new credential, and otherwise why not. */
export interface CredentialResult {
  readonly reloaded: boolean;
  readonly why: string | null;
}

/** Effects of subscriptions. */
export interface SubscriptionActivities {
  /**
   * Resolves the secret and sends it to the agent with `POST /credentials`. Throws if it cannot
   * resolve the secret.
   */
  reloadCredential(call: CredentialCall): Promise<CredentialResult>;
  /** Starts or configures the pools of the file, and leaves the others. */
  configurePools(call: PoolsCall): Promise<void>;
}

/** The undo of a finished turn, and its agent. */
export interface UndoCall {
  readonly fleet: string;
  readonly agent: string;
  readonly turnId: string;
  readonly undo: unknown;
}

/** The undo of finished turns, on the main queue. */
export interface UndoActivities {
  /**
   * Calls `POST /undo` at the agent's current endpoint. Throws `AgentUnavailable`, retryable, while
   * the agent cannot be reached.
   */
  undoTurn(call: UndoCall): Promise<void>;
}

/** The service of a turn. */
export interface ReplicaCall {
  readonly fleet: string;
  readonly service: string;
  /** Replicas that have refused the turn. */
  readonly not: readonly string[];
}

/** The choice of replicas, on the main queue. */
export interface ReplicaActivities {
  /** The replica with the shortest queue, by their last answers; null: none of them takes turns. */
  pickReplica(call: ReplicaCall): Promise<{ readonly agent: string | null }>;
}
