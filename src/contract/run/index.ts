/** Runs of a task over a topology. Results have the same shape from `run`, `simulate` and HTTP. */
import type { ReportedProgress } from '../agent/progress';
import type { Origin } from '../caller/origin';
import type { Unknown } from '../agent';
import type { CompensationRecord } from '../fleet/compensation';
import type { LiveBarrier, OpenBarrier } from './barrier';
import type { NotifySpec } from '../event';
import type { InboxSpec } from './inbox';
import type { TopologySpec } from '../fleet/topology';
import type { SourceFailure, TurnInput } from '../agent/turns';
import type { Trouble } from '../trouble';
import type { Usage } from '../usage';
import type { Script } from './script';

/** How a branch ended. `abandoned`: its run ended first. */
export type BranchOutcome = 'completed' | 'failed' | 'abandoned';
/** How a barrier ended. */
export type BarrierOutcome = 'fired' | 'failed' | 'cancelled';

/** One branch of a result. `agents` are its agents in order. */
export interface BranchRecord {
  readonly id: string;
  readonly parent: string | null;
  readonly agents: readonly string[];
  readonly turns: number;
  readonly outcome: BranchOutcome;
  readonly error: string | null;
  /** The usage of its own turns; absent if none reported usage. */
  readonly usage?: Usage;
}

/** One barrier of a result. `agent` is null for the root. */
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
  /** The replica that took it, if the agent has replicas. */
  readonly replica?: string;
  readonly input: TurnInput;
  readonly reply: unknown;
}

/** The result of a run. Without success, `finalResponse` is null and `error` is the reason. */
export interface RunResult {
  readonly success: boolean;
  readonly finalResponse: unknown;
  readonly error: string | null;
  readonly turns: number;
  /** The usage of all turns; absent if none reported usage. */
  readonly usage?: Usage;
  readonly branches: readonly BranchRecord[];
  readonly barriers: readonly BarrierRecord[];
  readonly trace?: readonly TraceEntry[];
}

/** The plan that a fleet gives to its runs. */
export interface RunPlan {
  readonly topology: TopologySpec;
  /** The nodes that stand for replicas, each with their number; absent without replicas. */
  readonly services?: Readonly<Record<string, number>>;
  /** The webhooks for the end of the run. */
  readonly notify?: readonly NotifySpec[];
  /** Reminders, escalation and deadlines of its questions. */
  readonly inbox?: InboxSpec;
}

/**
 * The start argument of a `run` workflow: `{v: 1, fleet, run, task}`. Without `topology`, the run
 * asks the fleet for its topology and its webhooks. With `script`, scripted agents take the turns.
 */
export interface RunStart extends Partial<RunPlan>, Origin {
  readonly v: 1;
  readonly fleet: string;
  readonly run: string;
  readonly task: unknown;
  readonly script?: Script;
  /** The id of the request that started it, for audits. */
  readonly requestId?: string;
  /** Adds `trace` to the result. */
  readonly trace?: boolean;
  /**
   * For tests: branches continue as new after this many history events, not at the server's
   * suggestion.
   */
  readonly continueAfterEvents?: number;
  /**
   * For tests: a workflow of the run starts nothing more after this many history events; 45,000 by
   * default.
   */
  readonly mostEvents?: number;
}

/** The start argument with the plan of the fleet. */
export type RunInput = RunStart & RunPlan;

/** How a run can stand. */
export const RUN_STATES = ['running', 'paused', 'completed', 'failed', 'cancelled'] as const;
/** One of `RUN_STATES`. */
export type RunState = (typeof RUN_STATES)[number];

/** The question a run waits for. */
export interface OpenQuestion {
  readonly question: unknown;
  readonly agent: string;
  readonly branch: string;
  readonly since: string;
}

/** A branch in the view of a run, open or ended. */
export interface LiveBranchRecord extends Omit<BranchRecord, 'outcome'> {
  readonly outcome: BranchOutcome | 'running' | 'waiting';
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/**
 * The wait of an open branch. Made by the client from the views of the branch and of its agent;
 * times are ISO 8601 in UTC.
 */
export interface BranchWait {
  readonly branch: string;
  readonly agent: string;
  /** The turn that it waits for; null: it waits for something else, or the agent does not know it. */
  readonly turnId: string | null;
  /** How often the agent has received the turn. */
  readonly attempt: number;
  /** When the turn arrived at the agent; null: unknown. */
  readonly since: string | null;
  /** When the current attempt began; null: none is under way. */
  readonly startedAt: string | null;
  /** When a failed attempt is repeated; null: no repeat is due. */
  readonly askAgainAt: string | null;
  /** False while the agent works on the turn. */
  readonly isStill: boolean;
  /** The reason as one sentence. */
  readonly why: string;
}

/** The view of a run. */
export interface RunView {
  readonly fleet: string;
  readonly run: string;
  readonly state: RunState;
  readonly question: OpenQuestion | null;
  readonly result: RunResult | null;
  /** The usage of the turns so far, as far as branches have reported it; absent if none did. */
  readonly usage?: Usage;
  readonly branches: readonly LiveBranchRecord[];
  /** The undo of its finished turns after a failure or a cancellation; null: none. */
  readonly compensation: Pick<CompensationRecord, 'state' | 'attempt' | 'entries' | 'audit'> | null;
  /** The question; absent from a view that would be too large with it. */
  readonly task?: unknown;
  /** When it began and ended, ISO 8601; `endedAt` null while it goes on. */
  readonly startedAt?: string;
  readonly endedAt?: string | null;
  /**
   * Who started it, if the start says so: `alice from host-1`. Else the Temporal client, as `process@host`, in the answer of the
   * client's `describe` only.
   */
  readonly startedBy?: string | null;
  /** Scripted agents take the turns; absent if the fleet's agents do. */
  readonly scripted?: true;
  /** The waits of its open branches, the first 20; absent if it has ended. */
  readonly waits?: readonly BranchWait[];
  /** The barriers that are not decided yet, of the first 20 branches that wait for others; absent if it has ended. */
  readonly barriers?: readonly LiveBarrier[];
  /** The last progress of those turns; only in the answer of a gateway that has received any. */
  readonly progress?: readonly ReportedProgress[];
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
}

/** A run in a list, from visibility, with the last state of its workflow. */
export interface RunListItem {
  readonly fleet: string;
  readonly run: string;
  /** `unknown` while its workflow does not answer. */
  readonly state: RunState | Unknown;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** The usage of its turns, as far as it has recorded them; absent if none reported usage. */
  readonly usage?: Usage;
  /** Why its workflow does not answer, if the server reports it; null: no problem is known. */
  readonly problem: string | null;
}

/** The view of a branch. */
export interface BranchView {
  readonly fleet: string;
  readonly run: string;
  readonly branch: string;
  readonly agent: string;
  readonly state: 'running' | 'paused' | BranchOutcome;
  readonly turns: number;
  readonly waitingFor: 'turn' | 'barrier' | 'human' | null;
  /** The replica that has the turn, if the agent has replicas. */
  readonly replica?: string;
  /** The number of its branches that have not ended, also those that its barrier no longer waits for. */
  readonly running?: number;
  /** The barrier that it waits at; null: it waits at none. */
  readonly barrier: OpenBarrier | null;
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
}

/** Signal `questionAsked`, branch to run. */
export interface QuestionAsked {
  readonly questionId: string;
  readonly branch: string;
  readonly agent: string;
  readonly question: unknown;
  readonly timeout?: string;
  /** Absent for what the agent itself has asked. */
  readonly kind?: 'gate';
  /** The context that a person needs to decide; absent if the question says all. */
  readonly context?: unknown;
  /** Whether the agent has given an answer for the end of its timeout. */
  readonly hasDefault?: true;
}

/** The human's answer to a question, a timeout, or why no answer is possible. */
export type AnswerGiven = { readonly questionId: string } & (
  { readonly value: unknown } | { readonly timedOut: true } | { readonly error: string }
);

/** Signals `branchSuspended` and `branchResumed`, branch to run. `why`: why its agent takes no turns. */
export interface BranchSuspended {
  readonly branch: string;
  readonly why?: string;
}

/** The records of a branch and of the branches that it started, for the view of the run. */
export interface BranchesChanged {
  readonly branches: readonly LiveBranchRecord[];
}

/** Signal of a run to its branches: pause, go on, or end with this reason. */
export interface StopRequested {
  readonly kind: 'pause' | 'continue' | 'cancel';
  readonly reason?: string;
}
