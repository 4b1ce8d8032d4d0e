/** The schemas of events: one for the data of each type (contract/event/data.ts). */
import { z } from 'zod';
import type { NamedOrigin } from '../caller/origin';
import type { DroverEvent, EventType } from '../event';
import type { EventData } from '../event/data';
import { AGENT_STEPS } from '../fleet';
import { ON_DEADLINE, WAITING_KINDS } from '../run/inbox';
import { changeKind, changeState, liveness, runtime, status } from './views/parts';

const time = z.string();
const origin = z.object({
  by: z.string(),
  from: z.string().exactOptional(),
  requestId: z.string().exactOptional(),
}) satisfies z.ZodType<NamedOrigin>;
const given = { by: z.string().exactOptional(), origin: origin.exactOptional() };
const words = z.string().nullable();
const count = z.int().nonnegative();

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
  state: changeState,
  steps: z.object({ created: count, woken: count, ready: count, total: count }),
  error: words,
});
const run = z.object({ run: z.string() });
const runGiven = run.extend(given);
const runEnded = runGiven.extend({ success: z.boolean(), cancelled: z.boolean(), error: words, turns: count });
const held = z.object({ fleet: z.string(), ...given, reason: words });
const pool = z.object({ pool: z.string(), fleets: z.array(z.string()) });

const question = runGiven.extend({
  item: z.string(),
  kind: z.enum(WAITING_KINDS),
  agent: z.string(),
  branch: z.string(),
  deadline: time.exactOptional(),
  onDeadline: z.enum(ON_DEADLINE).exactOptional(),
  escalateTo: z.string().exactOptional(),
});

/** The schema of the data of each type, in the order in which /openapi.json lists them. */
const eventDataSchemas = {
  'agent.changed': axes.extend({
    fleet: z.string(),
    agent: z.string(),
    from: someAxes,
    to: someAxes,
    by: z.string(),
    what: z.string(),
    accepted: z.boolean(),
    origin: origin.exactOptional(),
    reason: words,
    why: words,
  }),
  'agent.ready': announced,
  'agent.offline': announced,
  'agent.failed': announced,
  'agent.restarted': z.object({ agent: z.string(), restarts: count, reason: words }),
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
  'pool.reset': pool.extend({ ...given, credential: z.string().nullable() }),
  'change.started': change.extend({ ...given, kind: z.enum(['apply', 'destroy']), agents: count }),
  'change.step': change.extend({
    agent: z.string(),
    kind: changeKind,
    step: z.enum(AGENT_STEPS),
    error: words,
  }),
  'change.completed': changeEnded,
  'change.failed': changeEnded,
  'change.compensated': changeEnded,
  'change.cancelled': change.extend({ ...given, reason: words }),
  'change.compensating': change.extend({ ...given, attempt: count }),
  'fleet.paused': held,
  'fleet.resumed': held,
  'run.started': runGiven.extend({ scripted: z.boolean() }),
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
  'run.asked': run.extend({ agent: z.string(), branch: z.string() }),
  'run.answered': run.extend({ branch: z.string() }),
  'question.asked': question,
  'question.reminded': question,
  'question.escalated': question,
  'question.expired': question,
  'question.answered': question,
  'question.extended': question,
  'run.paused': runGiven,
  'run.resumed': runGiven,
  'run.completed': runEnded,
  'run.failed': runEnded,
  'run.cancelled': runEnded,
  'lease.lost': z.object({ lease: z.string(), agents: z.array(z.string()), held: count, reason: words }),
  'feed.gap': z.object({ workflow: z.string(), missed: count }),
} as const satisfies { readonly [T in EventType]: z.ZodType<EventData[T]> };

const eventSchemas = Object.entries(eventDataSchemas).map(([type, data]) =>
  z.object({ id: z.string(), type: z.literal(type as EventType), at: time, data }),
);

/** Any event: `type` says which data it has. The cast says that there is at least one type. */
export const eventSchema = z.discriminatedUnion(
  'type',
  eventSchemas as [(typeof eventSchemas)[number], ...typeof eventSchemas],
) satisfies z.ZodType<DroverEvent>;
