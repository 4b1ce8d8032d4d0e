/** Turns: their inputs and replies, and the messages between a branch and an agent's workflow. */
import type { AssignedSubscription } from './resource';
import type { RetryReason } from './spec';
import type { ErrorBody } from '../errors';
import type { TurnUsage } from '../usage';

/** One result at a barrier or rendezvous. `from` is the agent that replied, `branch` its branch. */
export interface SourceResult {
  readonly from: string;
  readonly branch: string;
  readonly value: unknown;
}

/** One source that failed. */
export interface SourceFailure {
  readonly from: string;
  readonly branch: string;
  readonly error: string;
}

/** The input of a turn (docs/agents.md, "At the endpoint"). */
export type TurnInput =
  | { readonly kind: 'task'; readonly value: unknown }
  | { readonly kind: 'request'; readonly from: string; readonly value: unknown }
  | { readonly kind: 'results'; readonly results: readonly SourceResult[]; readonly failures: readonly SourceFailure[] }
  | { readonly kind: 'answer'; readonly question: unknown; readonly value: unknown }
  | {
      readonly kind: 'invalid';
      readonly reply: unknown;
      readonly reason: string;
      readonly mayInvoke: readonly string[];
    };

/** An earlier turn of the same agent in the same branch. */
export interface MemoryEntry {
  readonly input: TurnInput;
  readonly reply: unknown;
}

/**
 * The body of `POST /turn`. The agent's workflow sets `attempt`, `subscription` and
 * `session`, the branch everything else.
 */
export interface TurnRequest {
  readonly turnId: string;
  readonly run: string;
  readonly branch: string;
  readonly agent: string;
  readonly task: unknown;
  readonly input: TurnInput;
  readonly memory: readonly MemoryEntry[];
  readonly mayInvoke: readonly string[];
  readonly attempt: number;
  readonly subscription: AssignedSubscription | null;
  /** The session that the agent's last reply or beat named; absent without one. */
  readonly session?: string;
}

/** One target of an `invoke`. */
export interface Invocation {
  readonly agent: string;
  readonly request: unknown;
}

/**
 * The fields that any reply may carry beside its action. `metadata` is any JSON of at most 4 KiB,
 * `session` any text of at most 4 KiB; null forgets the session.
 */
export interface ReplyExtras {
  readonly undo?: unknown;
  readonly usage?: TurnUsage;
  readonly metadata?: unknown;
  readonly session?: string | null;
}

/** A valid reply. */
export type TurnReply = ReplyExtras &
  (
    | { readonly action: 'invoke'; readonly invocations: readonly Invocation[] }
    | { readonly action: 'final'; readonly response: unknown }
    | {
        readonly action: 'ask';
        readonly question: unknown;
        readonly timeout?: string;
        readonly default?: unknown;
      }
    | { readonly action: 'fail'; readonly error: string }
  );

/**
 * How a turn ended: the agent's reply before validation (malformed JSON as its text), or an error.
 */
export type TurnOutcome =
  | { readonly reply: unknown }
  | {
      readonly error: Pick<ErrorBody, 'code' | 'message'> & {
        /** The agent's workflow refused the turn before the agent received it, so another one may take it. */
        readonly notTaken?: true;
      };
    };

/** Why a failed turn may be asked again, and after how many milliseconds at the earliest. */
export interface TurnRetry {
  readonly on: RetryReason;
  readonly afterMs?: number;
}

/**
 * Signal `turnRequested`, branch to agent. `replyTo` is the branch's workflow id; `timeoutMs` is
 * the limit of a rule `agent_timeout`.
 */
export interface TurnRequested {
  readonly turnId: string;
  readonly replyTo: string;
  readonly request: TurnRequest;
  readonly timeoutMs?: number;
}

/**
 * Signals `turnWithdrawn` (branch to agent) and `turnResumed` (agent to branch).
 */
export interface TurnRef {
  readonly turnId: string;
}

/** Signal `turnSuspended`, agent to branch. `why` says why the agent takes no turns. */
export interface TurnSuspended extends TurnRef {
  readonly why?: string;
}

/** Signal `turnAnswered`, agent to branch. */
export interface TurnAnswered {
  readonly turnId: string;
  readonly outcome: TurnOutcome;
}

/**
 * The size limits of values, in bytes of JSON (docs/coordination.md, "Sizes";
 * docs/workflow-rules.md, rule 8).
 */
export const SIZE_LIMITS = {
  value: 256 * 1024,
  results: 480 * 1024,
  memory: 256 * 1024,
  turnRequest: 512 * 1024,
  queueRequests: 1024 * 1024,
  contributions: 1024 * 1024,
} as const;

/**
 * The most agents that one reply may invoke. Each is a branch, and a single workflow task must
 * start them all.
 */
export const MOST_INVOCATIONS = 1_000;

/**
 * The limit of a turn without a rule and without the agent's own setting (docs/coordination.md,
 * "Rules").
 */
export const DEFAULT_TURN_TIMEOUT_MS = 600_000;
