/** Schemas of Drover's views, for the description of the HTTP interface. */
import { z } from 'zod';
import type { ReportedProgress } from '../agent/progress';
import { PROVIDERS, type AgentListItem, type AgentView, type CommandResult } from '../agent';
import type { WorkflowEnd } from '../ends';
import { type ErrorCode, ERRORS } from '../errors';
import { ON_DEADLINE, WAITING_KINDS } from '../inbox';
import { AGENT_STEPS, type ApplyResult, type ChangeView, type FleetListItem, type FleetView } from '../fleet';
import type { PoolListItem, PoolView } from '../pool';
import type { BeatAnswer } from '../protocol';
import type { RunListItem, RunResult, RunView } from '../run';
import type { RunTurns } from '../run/turn-record';
import { fleetSpecSchema } from './fleet-file';

const time = z.iso.datetime();
const json = z.unknown();

const status = z.enum(['pending', 'running', 'paused', 'stopped', 'failed', 'terminated']);
const liveness = z.enum(['starting', 'ready', 'degraded', 'offline']);
/** Why a list's item does not answer. */
const problem = z.string().nullable();
const subscription = z.object({ pool: z.string(), name: z.string(), assignment: z.int() });
const labels = z.record(z.string(), z.string()).exactOptional();
const hold = z.object({ name: z.string(), reason: z.string().nullable(), since: time });

const troubles = z
  .array(z.object({ what: z.string(), why: z.string(), since: time, attempts: z.int() }))
  .exactOptional();

const usage = z
  .object({ turns: z.int(), costUsd: z.number(), inputTokens: z.int(), outputTokens: z.int() })
  .exactOptional();

const decision = z.object({
  at: time,
  by: z.string(),
  what: z.string(),
  accepted: z.boolean(),
  before: z.string(),
  after: z.string(),
  why: z.string().nullable(),
});

const runtime = z.enum(['stopped', 'starting', 'running', 'paused', 'stopping', 'crashed']);
const phase = z.enum([...status.options, 'pausing', 'resuming', 'starting', 'stopping', 'terminating', 'restarting']);

/** A part of a log. */
export const logPartSchema = z.object({
  lines: z.array(z.object({ at: time, line: z.string() })),
  next: z.string(),
  more: z.boolean(),
});

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
  resourceId: z.string().nullable(),
  pid: z.int().exactOptional(),
  host: z.string().exactOptional(),
  instanceId: z.string().nullable(),
  endpoint: z.string().nullable(),
  subscription: subscription.nullable(),
  registeredAt: time.nullable(),
  lastProofAt: time.nullable(),
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
}) satisfies z.ZodType<AgentView>;

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
  why: z.string().nullable(),
  problem,
}) satisfies z.ZodType<AgentListItem>;

export const commandResultSchema = z.object({
  requestId: z.string().nullable(),
  changed: z.boolean(),
  state: z.enum(['done', 'pausing', 'resuming', 'stopping', 'starting', 'terminating']),
  agent: agentViewSchema,
}) satisfies z.ZodType<CommandResult>;

export const beatAnswerSchema = z.object({
  desired: z.enum(['run', 'pause', 'stop']),
  subscription: subscription.exactOptional(),
  nextBeatMs: z.number(),
}) satisfies z.ZodType<BeatAnswer>;

const changeKind = z.enum(['create', 'update', 'replace', 'delete']);

export const applyResultSchema = z.object({
  revision: z.int(),
  changes: z.array(
    z.object({ kind: changeKind, agent: z.string(), fields: z.array(z.string()), why: z.string().exactOptional() }),
  ),
  settings: z.array(z.string()),
  pools: z.array(z.object({ pool: z.string(), why: z.string() })).exactOptional(),
  changeId: z.string().nullable(),
  ids: z.record(z.string(), z.string()).exactOptional(),
  differences: z
    .array(
      z.object({
        agent: z.string().nullable(),
        field: z.string(),
        old: z.string().nullable(),
        new: z.string().nullable(),
      }),
    )
    .exactOptional(),
}) satisfies z.ZodType<ApplyResult>;

const compensationState = z.enum(['pending', 'compensating', 'compensated', 'failed']);

const compensation = z.object({
  state: compensationState,
  attempt: z.int(),
  entries: z.array(
    z.object({
      kind: z.string(),
      name: z.string(),
      key: z.string(),
      resourceId: z.string().nullable(),
      outcome: z.enum(['pending', 'undone', 'nothing_to_undo', 'failed']),
      error: z.string().nullable(),
    }),
  ),
  audit: z.array(
    z.object({
      at: time,
      attempt: z.int(),
      revision: z.int(),
      from: compensationState,
      to: compensationState,
      accepted: z.boolean(),
      why: z.string().nullable(),
    }),
  ),
});

const count = z.int().nonnegative();

/** The compensation of a change, with its audit and counts. */
const countedCompensation = compensation.extend({
  metrics: z.object({
    planned: count,
    started: count,
    completed: count,
    failed: count,
    refused: z.record(z.string(), count),
  }),
});

export const changeViewSchema = z.object({
  changeId: z.string(),
  revision: z.int(),
  state: z.enum(['running', 'done', 'failed', 'rolled_back', 'kept']),
  steps: z.object({ created: z.int(), woken: z.int(), ready: z.int(), total: z.int() }),
  compensation: countedCompensation.nullable(),
  error: z.string().nullable(),
  code: z.literal('Forbidden').exactOptional(),
  agents: z.array(
    z.object({
      agent: z.string(),
      kind: changeKind,
      step: z.enum(AGENT_STEPS),
      error: z.string().nullable(),
    }),
  ),
  ids: z.record(z.string(), z.string()),
  troubles,
  forgotten: z
    .array(
      z.object({
        agent: z.string(),
        provider: z.enum(PROVIDERS),
        resourceId: z.string().nullable(),
        key: z.string(),
        why: z.string(),
      }),
    )
    .exactOptional(),
}) satisfies z.ZodType<ChangeView>;

const workflowEnd = z.object({
  how: z.enum(['completed', 'failed', 'cancelled', 'terminated', 'timed_out', 'missing']),
  at: time.nullable(),
  by: z.string().nullable(),
  reason: z.string().nullable(),
}) satisfies z.ZodType<WorkflowEnd>;

export const fleetViewSchema = z.object({
  fleet: z.string(),
  incarnation: z.string(),
  revision: z.int(),
  change: changeViewSchema.nullable(),
  holds: z.array(hold),
  agents: z.record(
    z.string(),
    z.object({
      resourceId: z.string().nullable(),
      revision: z.int(),
      doubt: z.enum(['spec', 'resource']).exactOptional(),
    }),
  ),
  spec: fleetSpecSchema,
  usage,
  untold: z.array(z.object({ agent: z.string(), why: z.string().nullable() })).exactOptional(),
  troubles,
  topology: z
    .object({
      nodes: z.array(z.string()),
      edges: z.array(z.object({ from: z.string(), to: z.string() })),
      rendezvous: z.array(z.string()),
    })
    .nullable()
    .exactOptional(),
  lost: z
    .object({ agents: z.record(z.string(), workflowEnd), pools: z.record(z.string(), workflowEnd) })
    .exactOptional(),
  // The schema of the specification allows `undefined` for absent fields, which is the same in
  // JSON.
}) satisfies z.ZodType<Omit<FleetView, 'spec'>>;

export const fleetListItemSchema = z.object({
  fleet: z.string(),
  revision: z.int(),
  state: z.enum(['running', 'done', 'failed', 'rolled_back', 'kept', 'changing']),
  agents: z.int(),
  ready: z.int(),
  holds: z.array(z.string()),
  problem,
}) satisfies z.ZodType<FleetListItem>;

const runState = z.enum(['running', 'paused', 'completed', 'failed', 'cancelled']);
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
  progress: z.array(reportedProgressSchema).exactOptional(),
  troubles,
}) satisfies z.ZodType<RunView>;

const waitingItem = z.object({
  id: z.string(),
  kind: z.enum(WAITING_KINDS),
  fleet: z.string(),
  run: z.string(),
  branch: z.string(),
  agent: z.string(),
  prompt: json,
  options: z.array(json).exactOptional(),
  context: json,
  askedAt: time,
  deadline: time.exactOptional(),
  onDeadline: z.enum(ON_DEADLINE).exactOptional(),
  remindAt: time.exactOptional(),
  escalateTo: z.string().exactOptional(),
  isExpired: z.boolean(),
  isPaused: z.boolean(),
  digest: z.string(),
});

/** What waits for a person, and the runs that did not answer. */
export const inboxSchema = z.object({
  items: z.array(waitingItem),
  unanswered: z.array(z.object({ fleet: z.string(), run: z.string(), why: z.string() })),
});

export const runListItemSchema = z.object({
  fleet: z.string(),
  run: z.string(),
  state: z.enum([...runState.options, 'unknown']),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  problem,
}) satisfies z.ZodType<RunListItem>;

export const poolViewSchema = z.object({
  pool: z.string(),
  credentials: z.array(
    z.object({
      name: z.string(),
      agents: z.array(z.string()),
      failuresInWindow: z.int(),
      skippedUntil: time.nullable(),
    }),
  ),
  exhaustedUntil: time.nullable(),
  troubles,
}) satisfies z.ZodType<PoolView>;

export const poolListItemSchema = z.object({
  pool: z.string(),
  credentials: z.int(),
  free: z.int(),
  agents: z.int(),
  failuresInWindow: z.int(),
  exhaustedUntil: time.nullable(),
  problem,
}) satisfies z.ZodType<PoolListItem>;

export { eventSchema } from './events';

/** A page of any list. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextPageToken: z.string().nullable() });
}

const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);

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

/**
 * The body of every error (RFC 9457). `pointer` is a JSON pointer into the part of the request that
 * `in` names.
 */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: errorCode,
  instance: z.string(),
  errors: z
    .array(
      z.object({
        in: z.enum(['path', 'query', 'header']).exactOptional(),
        pointer: z.string(),
        detail: z.string(),
      }),
    )
    .exactOptional(),
  details: z.record(z.string(), json).exactOptional(),
});

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
