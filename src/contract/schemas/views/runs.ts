/** Runs, their results and their turns. */
import { z } from 'zod';
import type { ReportedProgress } from '../../agent/progress';
import { RUN_STATES, type RunListItem, type RunResult, type RunView } from '../../run';
import type { RunTurns } from '../../run/turn-record';
import { compensation } from './compensation';
import { errorCode, json, problem, time, troubles, usage } from './parts';

const runState = z.enum(RUN_STATES);
const sourceFailure = z.object({ from: z.string(), branch: z.string(), error: z.string() });
const branch = {
  id: z.string(),
  parent: z.string().nullable(),
  agents: z.array(z.string()),
  turns: z.int(),
  error: z.string().nullable(),
  usage,
};
const branchOutcome = ['completed', 'failed', 'abandoned'] as const;

/** The result of a run. */
export const runResultSchema = z.object({
  success: z.boolean(),
  finalResponse: json,
  error: z.string().nullable(),
  turns: z.int(),
  usage,
  branches: z.array(z.object({ ...branch, outcome: z.enum(branchOutcome) })),
  barriers: z.array(
    z.object({
      branch: z.string().nullable(),
      agent: z.string().nullable(),
      arrived: z.array(z.string()),
      failed: z.array(sourceFailure),
      outcome: z.enum(['fired', 'failed', 'cancelled']),
    }),
  ),
}) satisfies z.ZodType<Omit<RunResult, 'trace'>>;

/** The progress of a turn, as the data of the event `turn.progress` too. */
export const reportedProgressSchema = z.object({
  fleet: z.string(),
  run: z.string(),
  agent: z.string(),
  turnId: z.string(),
  at: time,
  text: z.string().exactOptional(),
  tool: z.string().exactOptional(),
  done: z.number().exactOptional(),
  total: z.number().exactOptional(),
}) satisfies z.ZodType<ReportedProgress>;

/** The view of a run. */
export const runViewSchema = z.object({
  fleet: z.string(),
  run: z.string(),
  state: runState,
  question: z.object({ question: json, agent: z.string(), branch: z.string(), since: time }).nullable(),
  result: runResultSchema.nullable(),
  usage,
  branches: z.array(
    z.object({
      ...branch,
      outcome: z.enum([...branchOutcome, 'running', 'waiting']),
      startedAt: time,
      endedAt: time.nullable(),
    }),
  ),
  compensation: compensation.nullable(),
  task: json.optional(),
  startedAt: time.exactOptional(),
  endedAt: time.nullable().exactOptional(),
  startedBy: z.string().nullable().exactOptional(),
  scripted: z.literal(true).exactOptional(),
  waits: z
    .array(
      z.object({
        branch: z.string(),
        agent: z.string(),
        turnId: z.string().nullable(),
        attempt: z.int(),
        since: time.nullable(),
        startedAt: time.nullable(),
        askAgainAt: time.nullable(),
        isStill: z.boolean(),
        why: z.string(),
      }),
    )
    .exactOptional(),
  barriers: z
    .array(
      z.object({
        branch: z.string().nullable(),
        agent: z.string().nullable(),
        arrived: z.array(z.string()),
        failed: z.array(sourceFailure),
        open: z.int(),
        needed: z.int(),
      }),
    )
    .exactOptional(),
  progress: z.array(reportedProgressSchema).exactOptional(),
  troubles,
}) satisfies z.ZodType<RunView>;

/** A run in a list. */
export const runListItemSchema = z.object({
  fleet: z.string(),
  run: z.string(),
  state: z.enum([...runState.options, 'unknown']),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  usage,
  problem,
}) satisfies z.ZodType<RunListItem>;

/** The turns of a run that are over. */
export const runTurnsSchema = z.object({
  turns: z.array(
    z.object({
      id: z.string(),
      fleet: z.string(),
      run: z.string(),
      branch: z.string(),
      turnId: z.string(),
      agent: z.string(),
      attempt: z.int(),
      host: z.string(),
      startedAt: z.string(),
      durationMs: z.number(),
      input: z.unknown(),
      reply: z.unknown().exactOptional(),
      error: z.object({ code: errorCode, message: z.string() }).exactOptional(),
      usage: z
        .object({
          costUsd: z.number().exactOptional(),
          inputTokens: z.number().exactOptional(),
          outputTokens: z.number().exactOptional(),
          model: z.string().exactOptional(),
        })
        .exactOptional(),
      cut: z.literal(true).exactOptional(),
    }),
  ),
  problems: z.array(z.string()),
}) satisfies z.ZodType<RunTurns>;
