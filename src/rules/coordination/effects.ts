/**
 * The effects that coordination needs. A workflow implements them with child workflows, signals and
 * timers, the simulation with virtual time; the rules are the same code in both.
 */
import type { TurnOutcome, TurnRequest } from '../../contract/agent/turns';
import type { OpenBarrier } from '../../contract/run/barrier';
import type { Reach } from '../topology/reach';
import type { BranchContext, BranchResult, BranchState } from './state';

/**
 * An effect throws it when its branch must end, because the branch or its run was cancelled.
 * `reason` is recorded.
 */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** A started branch. `result` never rejects: a lost branch counts as failed. */
export interface BranchHandle {
  readonly result: Promise<BranchResult>;
  /** Cancels the branch; its result follows, with what it did until then. */
  cancel(reason: string): void;
}

/** A question to the human. */
export interface Question {
  readonly branch: string;
  readonly agent: string;
  readonly question: unknown;
  /** Milliseconds; null: no deadline of its own. */
  readonly timeoutMs: number | null;
  /** Absent for what the agent itself has asked. */
  readonly kind?: 'gate';
  /** The context that a person needs to decide; absent if the question says all. */
  readonly context?: unknown;
  /** Whether the agent has given an answer for the end of its timeout. */
  readonly hasDefault?: true;
}

/** The human's answer, a timeout, or why no answer is possible. */
export type Answer = { readonly value: unknown } | { readonly error: string } | 'timed_out';

/**
 * The size limits that apply, in bytes of JSON (`SIZE_LIMITS`). The simulation does not limit turn
 * requests.
 */
export interface Sizes {
  readonly value: number;
  readonly results: number;
  readonly memory: number;
  readonly turnRequest: number;
  readonly contributions: number;
}

/** How a turn ended, and the replica that took it, if its agent has replicas. */
export type TakenTurn = TurnOutcome & { readonly replica?: string };

/** The effects of one branch, or of a run. */
export interface Effects {
  readonly reach: Reach;
  readonly sizes: Sizes;
  /** Epoch milliseconds, or those of virtual time. */
  now(): number;
  /**
   * Has the agent take one turn; `timeoutMs` null: the agent's own limit applies. Throws `Stopped`.
   */
  takeTurn(request: TurnRequest, timeoutMs: number | null): Promise<TakenTurn>;
  startBranch(context: BranchContext): BranchHandle;
  /** Throws `Stopped`. */
  ask(question: Question): Promise<Answer>;
  /** Calls back after `ms`; the returned function cancels it. */
  startTimer(ms: number, then: () => void): () => void;
  /**
   * Calls back when the branch must end, immediately if it already must; the returned function
   * stops listening.
   */
  onStop(then: (reason: string) => void): () => void;
  /**
   * Called when a barrier begins to wait: `look` shows it from outside until the returned function is
   * called. A simulation shows none.
   */
  watchBarrier?(look: () => OpenBarrier): () => void;
  /**
   * Called between turns, where `state` is complete: a workflow may continue as new or wait out a
   * pause here. Throws `Stopped`.
   */
  betweenTurns(state: BranchState): Promise<void>;
}
