/** Runs: one task over a topology. The result has the same shape from `run`, `simulate` and HTTP. */
import type { Unknown } from '../agent';
import type { CompensationRecord } from '../fleet/compensation';
import type { NotifySpec } from '../event';
import type { TopologySpec } from '../topology';
import type { SourceFailure, TurnInput } from '../agent/turns';
import type { Trouble } from '../trouble';

/** One scripted reply: an action of a turn, with the virtual time it takes; `repeat` on the last one makes it repeat for ever. */
export interface ScriptedReply {
  readonly action: string;
  readonly delay?: string;
  readonly repeat?: boolean;
  readonly [field: string]: unknown;
}

/** One scripted answer of the human. */
export interface ScriptedAnswer {
  readonly answer: unknown;
  readonly delay?: string;
  readonly repeat?: boolean;
}

/** Replies by agent, in order; `User` holds the human's answers. */
export type Script = Readonly<Record<string, readonly (ScriptedReply | ScriptedAnswer)[]>>;

/** A scenario file. */
export interface Scenario {
  readonly apiVersion: 'drover/v1';
  readonly kind: 'Scenario';
  readonly topology: TopologySpec;
  readonly task: unknown;
  readonly script: Script;
}

export type BranchOutcome = 'completed' | 'failed' | 'abandoned';
export type BarrierOutcome = 'fired' | 'failed' | 'cancelled';

/** One branch of a result; `agents` are the identities it took, in order. */
export interface BranchRecord {
  readonly id: string;
  readonly parent: string | null;
  readonly agents: readonly string[];
  readonly turns: number;
  readonly outcome: BranchOutcome;
  readonly error: string | null;
}

/** One barrier of a result; `agent` null is the root's. */
export interface BarrierRecord {
  readonly branch: string | null;
  readonly agent: string | null;
  readonly arrived: readonly string[];
  readonly failed: readonly SourceFailure[];
  readonly outcome: BarrierOutcome;
}

/** One turn of `--trace`, in the order of replies. */
export interface TraceEntry {
  readonly turnId: string;
  readonly branch: string;
  readonly agent: string;
  readonly input: TurnInput;
  readonly reply: unknown;
}

/** What a run returns. Without success `finalResponse` is null and `error` says why. */
export interface RunResult {
  readonly success: boolean;
  readonly finalResponse: unknown;
  readonly error: string | null;
  readonly turns: number;
  readonly branches: readonly BranchRecord[];
  readonly barriers: readonly BarrierRecord[];
  readonly trace?: readonly TraceEntry[];
}

/** The input of a `run` workflow. With `script`, scripted agents take the turns. */
export interface RunInput {
  readonly v: 1;
  readonly fleet: string;
  readonly run: string;
  readonly task: unknown;
  readonly topology: TopologySpec;
  readonly script?: Script;
  /** Adds `trace` to the result. */
  readonly trace?: boolean;
  /** Whom the fleet wants to be told of its end. */
  readonly notify?: readonly NotifySpec[];
  /** Branches continue as new after so many history events, instead of when the server suggests it: for tests and soaks. */
  readonly continueAfterEvents?: number;
  /** A workflow of the run whose history has so many events begins nothing more, instead of at 45,000: for tests. */
  readonly mostEvents?: number;
}

export type RunState = 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** The question a run waits for. */
export interface OpenQuestion {
  readonly question: unknown;
  readonly agent: string;
  readonly branch: string;
  readonly since: string;
}

/** A branch in `describe run`: as in a result, running ones too. */
export interface LiveBranchRecord extends Omit<BranchRecord, 'outcome'> {
  readonly outcome: BranchOutcome | 'running' | 'waiting';
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** A run as `describe` shows it. */
export interface RunView {
  readonly fleet: string;
  readonly run: string;
  readonly state: RunState;
  readonly question: OpenQuestion | null;
  readonly result: RunResult | null;
  readonly branches: readonly LiveBranchRecord[];
  /** The undo of its finished turns, once it has failed or been cancelled; null: there is none. */
  readonly compensation: Pick<CompensationRecord, 'state' | 'attempt' | 'entries' | 'audit'> | null;
  /** What its workflow has not managed yet; absent where all is well. */
  readonly troubles?: readonly Trouble[];
}

/** An item of `get runs`: what visibility holds of a run; its state is the one that its workflow told last. */
export interface RunListItem {
  readonly fleet: string;
  readonly run: string;
  /** `unknown` while its workflow does not answer. */
  readonly state: RunState | Unknown;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why its workflow does not answer at the moment, where the server reports it; null: nothing is known of that. */
  readonly problem: string | null;
}

/** A branch as its own workflow's `describe` shows it. */
export interface BranchView {
  readonly fleet: string;
  readonly run: string;
  readonly branch: string;
  readonly agent: string;
  readonly state: 'running' | 'paused' | BranchOutcome;
  readonly turns: number;
  readonly waitingFor: 'turn' | 'barrier' | 'human' | null;
  readonly barrier: {
    readonly arrived: readonly string[];
    readonly failed: readonly SourceFailure[];
    readonly running: number;
  } | null;
  /** What its workflow has not managed yet; absent where all is well. */
  readonly troubles?: readonly Trouble[];
}

/** Signals between a run and its branches. */
export interface QuestionAsked {
  readonly questionId: string;
  readonly branch: string;
  readonly agent: string;
  readonly question: unknown;
  readonly timeout?: string;
}

/** What the human said; or that the question's time is over; or why nobody can answer it. */
export type AnswerGiven = { readonly questionId: string } & (
  { readonly value: unknown } | { readonly timedOut: true } | { readonly error: string }
);

/** What a branch tells the run of itself and of the branches that it started, for `describe`. */
export interface BranchesChanged {
  readonly branches: readonly LiveBranchRecord[];
}

export interface StopRequested {
  readonly kind: 'pause' | 'continue' | 'cancel';
  readonly reason?: string;
}
