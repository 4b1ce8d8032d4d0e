/** Agents, their logs, and the answers to their beats and commands. */
import { z } from 'zod';
import {
  AGENT_COMMANDS,
  PERMISSIONS,
  PROVIDERS,
  type AgentListItem,
  type AgentView,
  type CommandResult,
} from '../../agent';
import type { BeatAnswer } from '../../protocol';
import { errorCode, hold, json, liveness, problem, runtime, status, time, troubles, usage } from './parts';

const subscription = z.object({ pool: z.string(), name: z.string(), assignment: z.int() });
const labels = z.record(z.string(), z.string()).exactOptional();

const decision = z.object({
  at: time,
  by: z.string(),
  what: z.string(),
  accepted: z.boolean(),
  before: z.string(),
  after: z.string(),
  why: z.string().nullable(),
});

const phase = z.enum([...status.options, 'pausing', 'resuming', 'starting', 'stopping', 'terminating', 'restarting']);

/** A part of a log. */
export const logPartSchema = z.object({
  lines: z.array(z.object({ at: time, line: z.string() })),
  next: z.string(),
  more: z.boolean(),
});

/** The view of an agent. */
export const agentViewSchema = z.object({
  fleet: z.string(),
  name: z.string(),
  status,
  phase,
  runtime,
  liveness,
  restarts: z.int(),
  labels,
  holds: z.array(hold),
  turns: z.object({ inFlight: z.int(), queued: z.int() }),
  provider: z.enum(PROVIDERS),
  permissions: z.enum(PERMISSIONS).exactOptional(),
  resourceId: z.string().nullable(),
  pid: z.int().exactOptional(),
  host: z.string().exactOptional(),
  instanceId: z.string().nullable(),
  endpoint: z.string().nullable(),
  subscription: subscription.nullable(),
  registeredAt: time.nullable(),
  lastProofAt: time.nullable(),
  lastBeatAt: time.exactOptional(),
  heldBy: z.array(z.string()).exactOptional(),
  usage,
  session: z.string().exactOptional(),
  incarnation: z.string(),
  revision: z.int(),
  beats: z.object({ everyMs: z.number(), staleAfterMs: z.number() }),
  why: z.string().nullable(),
  troubles,
  openTurns: z
    .array(
      z.object({
        turnId: z.string(),
        run: z.string(),
        branch: z.string(),
        state: z.enum(['in_flight', 'queued']),
        attempt: z.int(),
        since: time,
        startedAt: time.nullable(),
        askAgainAt: time.nullable(),
        before: z.int(),
        error: z.string().nullable(),
      }),
    )
    .exactOptional(),
  decisions: z.array(decision).exactOptional(),
  moves: z.array(z.object({ command: z.enum(AGENT_COMMANDS), why: z.string().nullable() })).exactOptional(),
}) satisfies z.ZodType<AgentView>;

/** An agent in a list. */
export const agentListItemSchema = z.object({
  fleet: z.string(),
  name: z.string(),
  status: z.enum([...status.options, 'unknown']),
  liveness: z.enum([...liveness.options, 'unknown']),
  phase: z.enum([...phase.options, 'unknown']),
  runtime: z.enum([...runtime.options, 'unknown']),
  restarts: z.int(),
  since: time.nullable(),
  holds: z.array(z.string()),
  subscription: z.string().nullable(),
  labels,
  usage,
  why: z.string().nullable(),
  problem,
}) satisfies z.ZodType<AgentListItem>;

/** The answer to an agent's command. */
export const commandResultSchema = z.object({
  requestId: z.string().nullable(),
  changed: z.boolean(),
  state: z.enum(['done', 'pausing', 'resuming', 'stopping', 'starting', 'terminating']),
  agent: agentViewSchema,
}) satisfies z.ZodType<CommandResult>;

/** The answer to a beat; `nextBeatMs` in milliseconds. */
export const beatAnswerSchema = z.object({
  desired: z.enum(['run', 'pause', 'stop']),
  subscription: subscription.exactOptional(),
  nextBeatMs: z.number(),
}) satisfies z.ZodType<BeatAnswer>;

/** The answer to one of many beats: as for a single one, or why it was refused. */
export const lineAnswerSchema = z.union([
  beatAnswerSchema.extend({ fleet: z.string(), agent: z.string() }),
  z.object({
    fleet: z.string(),
    agent: z.string(),
    error: z.object({
      code: errorCode,
      message: z.string(),
      details: z.record(z.string(), json).exactOptional(),
    }),
  }),
]);
