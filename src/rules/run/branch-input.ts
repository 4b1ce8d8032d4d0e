/** The input and the result of a `branch` workflow. */
import type { TraceEntry } from '../../contract/run';
import { branchContext, branchId, branchState } from '../coordination/parse';
import { version } from '../lib/carried';
import type { BranchContext, BranchResult, BranchState } from '../coordination/state';
import { lostBranch } from '../coordination/lost';
import { turnInput } from '../lib/turn/turn-input';
import { jsonBytes } from '../lib/json-bytes';
import { sumOfUsage, usageField } from '../lib/turn/usage';
import { boolean, integer, json, list, name, nullable, object, optional, type Parser, text } from '../lib/parse';

/** The options that all branches of a run share. */
export interface BranchOptions {
  /** The run's own workflow takes the turns, from its script. */
  readonly scripted: boolean;
  readonly trace: boolean;
  /** See `RunInput`; null: when the server suggests it. */
  readonly continueAfterEvents: number | null;
  /** See `RunInput`; null: what the server takes. */
  readonly mostEvents: number | null;
}

/** When a branch began and ended, ISO 8601. */
export interface BranchTimes {
  readonly id: string;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** A traced turn; `at` is in epoch milliseconds. */
export interface TracedTurn extends TraceEntry {
  readonly at: number;
}

/** The log of a branch and of all branches below it, beside the state of the coordination rules. */
export interface BranchLog {
  readonly times: readonly BranchTimes[];
  readonly trace: readonly TracedTurn[];
}

/** A branch that continues as new between two turns. */
export interface CarriedBranch extends BranchLog {
  readonly state: BranchState;
  readonly startedAt: string;
}

/** The input: the context of a new branch, or the state of one that continues as new. */
export interface BranchInput {
  readonly v: 1;
  readonly options: BranchOptions;
  /** The run is paused: the first turn waits for its `continue`. */
  readonly paused: boolean;
  readonly context?: BranchContext;
  readonly carried?: CarriedBranch;
}

/** The result of a `branch` workflow. */
export interface BranchEnd extends BranchLog {
  readonly result: BranchResult;
}

const instant = text(40);

const carried: Parser<CarriedBranch> = object({
  state: branchState,
  startedAt: instant,
  times: list(object({ id: branchId, startedAt: instant, endedAt: instant })),
  trace: list(
    object({
      turnId: text(),
      branch: branchId,
      agent: name,
      replica: optional(name),
      input: turnInput,
      reply: json,
      at: integer(),
    }),
  ),
});

/** The input of a `branch` workflow. */
export const parseBranchInput: Parser<BranchInput> = object({
  v: version,
  options: object({
    scripted: boolean,
    trace: boolean,
    continueAfterEvents: nullable(integer(1)),
    mostEvents: nullable(integer(1)),
  }),
  paused: boolean,
  context: optional(branchContext),
  carried: optional(carried),
});

/**
 * The largest result of a workflow: the server's limit of 2 MiB for one payload, with room to
 * spare.
 */
export const MOST_RETURNED_BYTES = 1_800 * 1024;

/**
 * The result within `MOST_RETURNED_BYTES`: without its trace if that is enough, else as a failed
 * branch.
 */
export function toWire(end: BranchEnd, context: BranchContext): BranchEnd {
  if (jsonBytes(end) <= MOST_RETURNED_BYTES) return end;
  const { result, times } = end;
  const untraced: BranchEnd = { result, times, trace: [] };
  const bytes = jsonBytes(untraced);
  if (bytes <= MOST_RETURNED_BYTES) return untraced;
  const error = `LimitReached: what branch ${context.branch} returns is ${String(bytes)} bytes, at most ${String(MOST_RETURNED_BYTES)} are allowed`;
  const { turnsUsed, undos } = result;
  const lost = withUsage({ ...lostBranch(context, error), turnsUsed }, result);
  const kept = jsonBytes(undos) <= MOST_RETURNED_BYTES / 2 ? undos : [];
  return { result: { ...lost, undos: kept }, times: times.filter(({ id }) => id === context.branch), trace: [] };
}

/** The usage of the branch and of all below it, in their one remaining record. */
function withUsage(lost: BranchResult, { branches }: BranchResult): BranchResult {
  const usage = sumOfUsage(branches.map((record) => record.usage));
  return { ...lost, branches: lost.branches.map((record) => ({ ...record, ...usageField(usage) })) };
}

/** The signature of workflow `branch`. */
export type BranchWorkflow = (input: BranchInput) => Promise<BranchEnd>;
