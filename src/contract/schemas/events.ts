/** The schemas of events: one for the data of each type (contract/event/data.ts). */
import { z } from 'zod';
import type { DroverEvent, EventType } from '../event';
import type { EventData } from '../event/data';
import { AGENT_STEPS } from '../fleet';
import { ON_DEADLINE, WAITING_KINDS } from '../inbox';

const time = z.string();
const words = z.string().nullable();
const count = z.int().nonnegative();
const status = z.enum(['pending', 'running', 'paused', 'stopped', 'failed', 'terminated']);
const runtime = z.enum(['stopped', 'starting', 'running', 'paused', 'stopping', 'crashed']);
const liveness = z.enum(['starting', 'ready', 'degraded', 'offline']);

const axes = z.object({
  status,
  runtime,
  liveness,
  holds: z.array(z.string()),
  subscription: words,
  revision: count,
});
const someAxes = z.object({
  status: status.exactOptional(),
  runtime: runtime.exactOptional(),
  liveness: liveness.exactOptional(),
  holds: z.array(z.string()).exactOptional(),
  subscription: words.exactOptional(),
  revision: count.exactOptional(),
});
const announced = z.object({
  agent: z.string(),
  status,
  runtime,
  liveness,
  instanceId: words,
  reason: words,
  why: words,
});
const change = z.object({ fleet: z.string(), revision: count, changeId: z.string() });
const changeEnded = change.extend({
  state: z.enum(['running', 'done', 'failed', 'rolled_back', 'kept']),
  steps: z.object({ created: count, woken: count, ready: count, total: count }),
  error: words,
});
const run = z.object({ run: z.string() });
const runEnded = run.extend({ success: z.boolean(), cancelled: z.boolean(), error: words, turns: count });
const pool = z.object({ pool: z.string(), fleets: z.array(z.string()) });

const question = run.extend({
  item: z.string(),
  kind: z.enum(WAITING_KINDS),
  agent: z.string(),
  branch: z.string(),
  deadline: time.exactOptional(),
  onDeadline: z.enum(ON_DEADLINE).exactOptional(),
  escalateTo: z.string().exactOptional(),
  by: z.string().exactOptional(),
});

/** The schema of the data of each type. */
const eventDataSchemas = {
  'subscription.switched': z.object({
    agent: z.string(),
    pool: z.string(),
    from: words,
    to: z.string(),
    kind: z.enum(['rate_limit', 'auth', 'moved']),
    eventsInWindow: count,
    result: z.enum(['hot_reloaded', 'restarted', 'not_running', 'failed']),
    error: words,
  }),
  'pool.exhausted': pool.extend({ exhaustedUntil: time.nullable(), agents: z.array(z.string()), waiting: count }),
  'pool.available': pool,
  'agent.changed': axes.extend({
    fleet: z.string(),
    agent: z.string(),
    from: someAxes,
    to: someAxes,
    by: z.string(),
    what: z.string(),
    accepted: z.boolean(),
    reason: words,
    why: words,
  }),
  'agent.ready': announced,
  'agent.offline': announced,
  'agent.failed': announced,
  'agent.restarted': z.object({ agent: z.string(), restarts: count, reason: words }),
  'change.started': change.extend({ kind: z.enum(['apply', 'destroy']), agents: count }),
  'change.step': change.extend({
    agent: z.string(),
    kind: z.enum(['create', 'update', 'replace', 'delete']),
    step: z.enum(AGENT_STEPS),
    error: words,
  }),
  'change.completed': changeEnded,
  'change.failed': changeEnded,
  'change.compensated': changeEnded,
  'change.cancelled': change.extend({ reason: words }),
  'run.started': run.extend({ scripted: z.boolean() }),
  'run.asked': run.extend({ agent: z.string(), branch: z.string() }),
  'run.answered': run.extend({ branch: z.string() }),
  'run.branch': run.extend({
    branches: z.array(
      z.object({
        id: z.string(),
        agent: z.string(),
        outcome: z.enum(['completed', 'failed', 'abandoned', 'running', 'waiting']),
        turns: count,
        error: words,
      }),
    ),
    more: count,
  }),
  'question.asked': question,
  'question.reminded': question,
  'question.escalated': question,
  'question.expired': question,
  'question.answered': question,
  'run.completed': runEnded,
  'run.failed': runEnded,
  'run.cancelled': runEnded,
  'run.paused': run,
  'run.resumed': run,
  'lease.lost': z.object({ lease: z.string(), agents: z.array(z.string()), reason: words }),
  'feed.gap': z.object({ workflow: z.string(), missed: count }),
} as const satisfies { readonly [T in EventType]: z.ZodType<EventData[T]> };

/** The schema of an event of one type. */
function typed<const T extends EventType>(
  type: T,
): z.ZodObject<{ id: z.ZodString; type: z.ZodLiteral<T>; at: z.ZodString; data: (typeof eventDataSchemas)[T] }> {
  return z.object({ id: z.string(), type: z.literal(type), at: time, data: eventDataSchemas[type] });
}

/** Any event: `type` says which data it has. */
export const eventSchema = z.discriminatedUnion('type', [
  typed('agent.changed'),
  typed('agent.ready'),
  typed('agent.offline'),
  typed('agent.failed'),
  typed('agent.restarted'),
  typed('subscription.switched'),
  typed('pool.exhausted'),
  typed('pool.available'),
  typed('change.started'),
  typed('change.step'),
  typed('change.completed'),
  typed('change.failed'),
  typed('change.compensated'),
  typed('change.cancelled'),
  typed('run.started'),
  typed('run.branch'),
  typed('run.asked'),
  typed('run.answered'),
  typed('question.asked'),
  typed('question.reminded'),
  typed('question.escalated'),
  typed('question.expired'),
  typed('question.answered'),
  typed('run.paused'),
  typed('run.resumed'),
  typed('run.completed'),
  typed('run.failed'),
  typed('run.cancelled'),
  typed('lease.lost'),
  typed('feed.gap'),
]) satisfies z.ZodType<DroverEvent>;
