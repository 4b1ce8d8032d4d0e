/**
 * What coordination needs from outside. A workflow implements it with child workflows, signals and timers; the simulation with
 * virtual time. The rule is the same code in both.
 */
import type { TurnOutcome, TurnRequest } from '../../contract/agent/turns';
import type { Reach } from '../topology/reach';
import type { BranchContext, BranchResult, BranchState } from './state';

/** Thrown by an effect when its branch has to end: it was cancelled, or its run was. `reason` is recorded. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** A branch that was started. `result` never rejects: one that was lost is a branch that failed. */
export interface BranchHandle {
  readonly result: Promise<BranchResult>;
  /** Asks it to end; its result follows, with what it did until then. */
  cancel(reason: string): void;
}

/** A question to the human. */
export interface Question {
  readonly branch: string;
  readonly agent: string;
  readonly question: unknown;
  /** Milliseconds; null: no deadline. */
  readonly timeoutMs: number | null;
}

/** What the human said, that the time is over, or why nobody can answer. */
export type Answer = { readonly value: unknown } | { readonly error: string } | 'timed out';

/** The size limits that apply, in bytes of JSON (`SIZE_LIMITS`); a whole turn request is bounded only where it travels. */
export interface Sizes {
  readonly value: number;
  readonly results: number;
  readonly memory: number;
  readonly turnRequest: number;
  readonly contributions: number;
}

/** The outside of one branch, or of a run. */
export interface Effects {
  readonly reach: Reach;
  readonly sizes: Sizes;
  /** Epoch milliseconds, or those of virtual time. */
  now(): number;
  /** Has the agent take one turn; `timeoutMs` null: the agent's own limit applies. Throws `Stopped`. */
  takeTurn(request: TurnRequest, timeoutMs: number | null): Promise<TurnOutcome>;
  startBranch(context: BranchContext): BranchHandle;
  /** Throws `Stopped`. */
  ask(question: Question): Promise<Answer>;
  /** Calls back after `ms` unless cancelled by what it returns. */
  startTimer(ms: number, then: () => void): () => void;
  /** Calls back when the branch has to end, at once if it has to already; what it returns stops listening. */
  onStop(then: (reason: string) => void): () => void;
  /** A moment at which `state` is all there is: a workflow may continue as new here, or hold while the run is paused. Throws `Stopped`. */
  betweenTurns(state: BranchState): Promise<void>;
}
