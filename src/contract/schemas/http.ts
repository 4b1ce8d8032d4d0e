/**
 * The gateway's calls (docs/http.md): one table for the routes, the validation of requests, and
 * /openapi.json.
 */
import { z } from 'zod';
import { addressedHeartbeatSchema, failureReportSchema, heartbeatSchema, progressSchema } from './agents';
import { LOG_TAIL_LINES } from '../agent/log';
import { itemRef, WAITING_KINDS } from '../inbox';
import { EVENT_TYPES } from '../event';
import { FLEET_LIMITS } from '../patterns';
import { PULLED_KINDS } from '../agent/pull';
import { type Role, ROLES } from '../role';
import { duration, fullName, id, name, positiveDuration, reason, requestId, strict } from './fields';
import { fleetFileSchema, fleetSpecSchema } from './fleet-file';
import { commandCalls, ofAgent } from './http-commands';
import { scriptSchema } from './scenario';
import * as views from './views';

/** Who may make a call: any caller, tokens of this role and above, or operators and the agent in the path. */
export type Access = 'public' | Role | 'agent';

/**
 * What a token that is limited to some fleets may do with a call that has no fleet in its path:
 * `filtered` answers with its fleets only, `checked` looks at the fleets of the body, `own` concerns the
 * caller alone, `shared` is refused.
 */
export type Scope = 'filtered' | 'checked' | 'own' | 'shared';

/** One call. An absent `params`, `query`, `headers` or `body` means that it takes none. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** The path with parameters in braces, as in OpenAPI. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  /** Where the path has no fleet; `shared` unless given. */
  readonly scope?: Scope;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** The call's own headers. */
  readonly headers?: z.ZodType;
  readonly body?: z.ZodType;
  /** The body of a success. */
  readonly answer: z.ZodType;
  /** The answer is a stream of server-sent events; `answer` describes their data. */
  readonly stream?: true;
  /** The answer may also be a stream of server-sent events, whose data is `answer`. */
  readonly alsoStream?: true;
  /** The media type of a success; JSON by default. */
  readonly produces?: string;
  /** The media types of a body; JSON by default. */
  readonly consumes?: readonly string[];
  /** Whether the body may be missing. */
  readonly bodyOptional?: true;
  /** The statuses of a success, the usual one first; 200 by default. */
  readonly statuses?: readonly [number, ...number[]];
  /** Whether the call changes something, so that it takes an `Idempotency-Key`. */
  readonly keyed?: true;
  /** A HEAD request would have the effect of this GET, so the path does not take it. */
  readonly noHead?: true;
  /** The call has a limit of its own, so it does not count as one of its agent's calls a minute. */
  readonly uncounted?: true;
  /** The most bytes of a body; 1 MiB by default. */
  readonly bodyLimit?: number;
  /** Whether the route validates the body itself; the schema then only describes it. */
  readonly ownCheck?: true;
}

/** The media type of one JSON value per line. */
export const NDJSON = 'application/x-ndjson';

/** The most bytes of a beat or a report of a failure (docs/http.md, "Errors"). */
const BEAT_LIMIT = 32 * 1024;
/** An answer of 1 MiB, as at an endpoint, and what is around it. */
const REPLY_LIMIT = 1024 * 1024 + 1024;

/**
 * The header with the id of the last event that a client received; browsers send it when they
 * reconnect.
 */
export const LAST_EVENT_ID = 'last-event-id';

const ofTurn = ofAgent.extend({ turnId: id.min(1) });
const ofFleet = strict({ fleet: name });
const ofRun = strict({ fleet: name, run: name });
const ofPool = strict({ pool: name });
const ofItem = strict({
  item: z.string().refine((id) => itemRef(id) !== undefined, 'expected the id of an item: fleet.run.number'),
});

const flag = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .exactOptional()
  .meta({ described: { type: 'boolean' } });
const number = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .exactOptional()
    // The query has digits, the handler receives a number.
    .meta({ described: { type: 'integer', minimum: min, maximum: max } });
const paging = { pageSize: number(1, 1_000), pageToken: z.string().max(2_000).exactOptional() };

/** A caller. `csrf` is null for one with a token, which needs no such header. */
const session = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  fleets: z.array(z.string()).nullable(),
  csrf: z.string().nullable(),
});

/** All calls, by their OpenAPI operation ids, with the role that each one needs. */
export const CALLS = {
  heartbeat: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/heartbeat',
    summary: 'One beat of an agent; the answer says what it should do and when to beat again',
    access: 'agent',
    params: ofAgent,
    body: heartbeatSchema,
    answer: views.beatAnswerSchema,
    bodyLimit: BEAT_LIMIT,
  },
  reportFailure: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/failures',
    summary: 'Work failed with the credential that it was begun on; whether that begins a switch is `changed`',
    access: 'agent',
    params: ofAgent,
    body: failureReportSchema,
    keyed: true,
    answer: views.commandResultSchema,
    bodyLimit: BEAT_LIMIT,
  },
  reportProgress: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/turns/{turnId}/progress',
    summary: 'What an agent does in a turn at the moment, for listeners of /v1/events and the view of the run',
    access: 'agent',
    params: ofTurn,
    body: progressSchema,
    answer: z.object({}),
    bodyLimit: BEAT_LIMIT,
    uncounted: true,
  },
  pollTurns: {
    method: 'GET',
    path: '/v1/agents/{fleet}/{agent}/turns',
    summary: 'Pull mode: waits for the next call for the agent, at most `wait`; 204 where none came',
    access: 'agent',
    params: ofAgent,
    query: strict({ wait: duration.exactOptional(), instance: id.exactOptional(), last: id.exactOptional() }),
    answer: z.object({ id: z.string(), kind: z.enum(PULLED_KINDS), body: z.unknown() }),
    statuses: [200, 204],
    noHead: true,
    uncounted: true,
  },
  replyTurn: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/turns/{turnId}/reply',
    summary: 'Pull mode: the answer to a call; 404 where it is not wanted here any more, or will be handed out again',
    access: 'agent',
    params: ofTurn,
    body: strict({ status: z.int().min(200).max(599).exactOptional(), reply: z.unknown() }),
    answer: z.object({}),
    bodyLimit: REPLY_LIMIT,
    uncounted: true,
  },
  turnWanted: {
    method: 'GET',
    path: '/v1/agents/{fleet}/{agent}/turns/{turnId}',
    summary: 'Pull mode: whether an answer to the turn is still wanted here',
    access: 'agent',
    params: ofTurn,
    answer: z.object({ wanted: z.boolean() }),
    uncounted: true,
  },
  endpointCall: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/endpoint/{call}',
    summary: 'The endpoint of an agent that polls: workers call it, and the answer is that of the agent',
    access: 'agent',
    params: ofAgent.extend({ call: z.enum(['turn', 'undo', 'drain', 'credentials']) }),
    body: z.unknown(),
    answer: z.unknown(),
    uncounted: true,
  },
  endpointWithdraw: {
    method: 'DELETE',
    path: '/v1/agents/{fleet}/{agent}/endpoint/turn/{turnId}',
    summary: 'The endpoint of an agent that polls: the turn is no longer wanted',
    access: 'agent',
    params: ofTurn,
    answer: z.object({}),
    uncounted: true,
  },
  endpointHealth: {
    method: 'GET',
    path: '/v1/agents/{fleet}/{agent}/endpoint/{call}',
    summary: 'The endpoint of an agent that polls: 200 while it does',
    access: 'agent',
    params: ofAgent.extend({ call: z.enum(['healthz']) }),
    answer: z.object({ status: z.string() }),
    uncounted: true,
  },
  listAgents: {
    method: 'GET',
    path: '/v1/agents',
    summary: 'Agents that are not terminated, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'filtered',
    query: strict({
      fleet: name.exactOptional(),
      status: views.agentListItemSchema.shape.status.exactOptional(),
      liveness: views.agentListItemSchema.shape.liveness.exactOptional(),
      label: z.string().max(1_000).exactOptional(),
      ...paging,
    }),
    answer: views.page(views.agentListItemSchema),
  },
  describeAgent: {
    method: 'GET',
    path: '/v1/agents/{fleet}/{agent}',
    summary: 'One agent, from its own workflow',
    access: 'viewer',
    params: ofAgent,
    answer: views.agentViewSchema,
  },
  agentLogs: {
    method: 'GET',
    path: '/v1/agents/{fleet}/{agent}/logs',
    summary: "A part of an agent's log, read on its host without secrets; with `follow` as server-sent events",
    access: 'viewer',
    params: ofAgent,
    query: strict({
      tail: number(0, LOG_TAIL_LINES),
      since: z.iso.datetime({ offset: true }).exactOptional(),
      after: z.string().max(100).exactOptional(),
      follow: flag,
    }),
    headers: z.object({ [LAST_EVENT_ID]: z.string().max(100).exactOptional() }),
    answer: views.logPartSchema,
    alsoStream: true,
  },
  agentToken: {
    method: 'GET',
    path: '/v1/agents/{fleet}/{agent}/token',
    summary: "The agent's own token, for an agent that Drover does not start",
    access: 'operator',
    params: ofAgent,
    answer: z.object({ fleet: z.string(), agent: z.string(), token: z.string() }),
  },
  ...commandCalls,
  listFleets: {
    method: 'GET',
    path: '/v1/fleets',
    summary: 'Fleets, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'filtered',
    query: strict(paging),
    answer: views.page(views.fleetListItemSchema),
  },
  describeFleet: {
    method: 'GET',
    path: '/v1/fleets/{fleet}',
    summary: 'One fleet with its specification and its latest change, from its own workflow',
    access: 'viewer',
    params: ofFleet,
    answer: views.fleetViewSchema,
  },
  applyFleet: {
    method: 'PUT',
    path: '/v1/fleets/{fleet}',
    summary:
      'Make the fleet what the file says, a new one too; 202 with the change that has begun, 200 where nothing differs',
    access: 'admin',
    params: ofFleet,
    query: strict({ dryRun: flag, expectRevision: number(0, 999_999_999) }),
    body: z.union([fleetFileSchema, strict({ spec: fleetSpecSchema })]),
    ownCheck: true,
    keyed: true,
    answer: views.applyResultSchema,
    statuses: [202, 200],
  },
  destroyFleet: {
    method: 'DELETE',
    path: '/v1/fleets/{fleet}',
    summary: 'Remove every agent of the fleet, then the fleet; with `forget`, what cannot be removed is given up',
    access: 'admin',
    params: ofFleet,
    query: strict({ forget: flag }),
    keyed: true,
    answer: views.applyResultSchema,
    statuses: [202],
  },
  scaleFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/scale',
    summary: 'Give an agent with replicas another number of them: a change like any other',
    access: 'admin',
    params: ofFleet,
    query: strict({ dryRun: flag, expectRevision: number(0, 999_999_999) }),
    body: strict({ agent: name, replicas: z.int().min(0).max(FLEET_LIMITS.agents) }),
    keyed: true,
    answer: views.applyResultSchema,
    statuses: [202, 200],
  },
  cancelChange: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/cancel',
    summary: 'Stop the change that runs and take it back; 409 where none runs, or another one than is meant',
    access: 'admin',
    params: ofFleet,
    body: strict({
      changeId: z.string().max(200).exactOptional(),
      revision: z.int().min(1).max(999_999_999).exactOptional(),
      reason: reason.exactOptional(),
    }),
    keyed: true,
    bodyOptional: true,
    answer: views.changeViewSchema,
    statuses: [202],
  },
  compensateFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/compensate',
    summary:
      'Undo a failed change once more, where its undo had failed or it was kept; 409 where nothing is left to undo',
    access: 'admin',
    params: ofFleet,
    body: strict({
      attempt: z.int().min(1).max(999_999_999).exactOptional(),
      revision: z.int().min(0).max(999_999_999).exactOptional(),
    }),
    keyed: true,
    bodyOptional: true,
    answer: views.fleetViewSchema,
    statuses: [202],
  },
  pauseFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/pause',
    summary: 'Hold every agent of the fleet, also those that are added while it is paused',
    access: 'operator',
    params: ofFleet,
    body: strict({ reason: reason.exactOptional(), wait: z.boolean().exactOptional() }),
    keyed: true,
    bodyOptional: true,
    answer: views.fleetViewSchema,
  },
  resumeFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/resume',
    summary: 'Release that hold and no other',
    access: 'operator',
    params: ofFleet,
    body: strict({ wait: z.boolean().exactOptional() }),
    keyed: true,
    bodyOptional: true,
    answer: views.fleetViewSchema,
  },
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    summary: 'Runs, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'filtered',
    query: strict({
      fleet: name.exactOptional(),
      state: views.runListItemSchema.shape.state.exactOptional(),
      ...paging,
    }),
    answer: views.page(views.runListItemSchema),
  },
  startRun: {
    method: 'POST',
    path: '/v1/runs',
    summary: "Take a task through the fleet's topology",
    access: 'operator',
    scope: 'checked',
    body: strict({
      fleet: name,
      run: name.exactOptional(),
      task: z.unknown(),
      script: scriptSchema.exactOptional(),
      trace: z.boolean().exactOptional(),
    }),
    keyed: true,
    answer: z.object({ fleet: z.string(), run: z.string() }),
    statuses: [202],
  },
  describeRun: {
    method: 'GET',
    path: '/v1/runs/{fleet}/{run}',
    summary: 'One run with its branches, its open question and, at its end, its result',
    access: 'viewer',
    params: ofRun,
    answer: views.runViewSchema,
  },
  runTurns: {
    method: 'GET',
    path: '/v1/runs/{fleet}/{run}/turns',
    summary: 'The turns of a run that are over, from the workers that took them: input, reply, time and usage of each',
    access: 'operator',
    params: ofRun,
    answer: views.runTurnsSchema,
  },
  answerRun: {
    method: 'POST',
    path: '/v1/runs/{fleet}/{run}/answer',
    summary: "Answer the run's open question",
    access: 'operator',
    params: ofRun,
    body: strict({ value: z.unknown(), question: z.unknown().exactOptional() }),
    keyed: true,
    answer: views.runViewSchema,
  },
  pauseRun: runCommand('pause', 'Stop the run at its next turn boundaries'),
  resumeRun: runCommand('resume', 'Let it go on'),
  cancelRun: {
    ...runCommand('cancel', 'End it at its next turn boundaries'),
    body: strict({ reason: reason.exactOptional() }),
  },
  listPools: {
    method: 'GET',
    path: '/v1/pools',
    summary: 'Pools of credentials, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'shared',
    query: strict(paging),
    answer: views.page(views.poolListItemSchema),
  },
  describePool: {
    method: 'GET',
    path: '/v1/pools/{pool}',
    summary: 'One pool: who is on which credential, recent failures, and until when one is not given out',
    access: 'viewer',
    scope: 'shared',
    params: ofPool,
    answer: views.poolViewSchema,
  },
  resetPool: {
    method: 'POST',
    path: '/v1/pools/{pool}/reset',
    summary: 'Forget the failures of one credential, or of all',
    access: 'operator',
    scope: 'shared',
    params: ofPool,
    body: strict({ credential: name.exactOptional() }),
    keyed: true,
    bodyOptional: true,
    answer: views.poolViewSchema,
  },
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'What happens to agents, runs and pools, as server-sent events',
    access: 'viewer',
    scope: 'filtered',
    query: strict({
      fleet: name.exactOptional(),
      agent: fullName.exactOptional(),
      run: fullName.exactOptional(),
      type: z.enum(EVENT_TYPES).exactOptional(),
    }),
    headers: z.object({ [LAST_EVENT_ID]: z.string().exactOptional() }),
    answer: z.union([views.eventSchema, views.reportedProgressSchema]),
    stream: true,
  },
  heartbeats: {
    method: 'POST',
    path: '/v1/heartbeats',
    summary: 'Many beats, of any agents, one JSON object a line; the answer has a line for each, in order',
    access: 'operator',
    scope: 'checked',
    body: addressedHeartbeatSchema,
    consumes: [NDJSON, 'application/ndjson', 'text/plain'],
    ownCheck: true,
    bodyOptional: true,
    answer: views.lineAnswerSchema,
    produces: NDJSON,
  },
  listInbox: {
    method: 'GET',
    path: '/v1/inbox',
    summary: 'What waits for a person: questions, permissions and gates, the oldest first',
    access: 'viewer',
    scope: 'filtered',
    query: strict({ fleet: name.exactOptional(), kind: z.enum(WAITING_KINDS).exactOptional() }),
    answer: views.inboxSchema,
  },
  denyItems: {
    method: 'POST',
    path: '/v1/inbox/deny',
    summary: 'Say no to every waiting permission, or to every gate',
    access: 'operator',
    scope: 'filtered',
    body: strict({ kind: z.enum(['permission', 'gate']), fleet: name.exactOptional() }),
    keyed: true,
    answer: z.object({
      denied: z.array(z.string()),
      refused: z.array(z.object({ id: z.string(), why: z.string() })),
    }),
  },
  answerItem: {
    method: 'POST',
    path: '/v1/inbox/{item}/answer',
    summary: 'Answer one item; 409 if it was answered, is over, or its question has changed since `digest`',
    access: 'operator',
    scope: 'checked',
    params: ofItem,
    body: strict({
      value: z.unknown(),
      digest: z.string().max(100).exactOptional(),
      by: z.string().min(1).max(100).exactOptional(),
    }),
    keyed: true,
    answer: views.runViewSchema,
  },
  extendItem: {
    method: 'POST',
    path: '/v1/inbox/{item}/extend',
    summary: 'Move the deadline of one item; one that has passed counts from now',
    access: 'operator',
    scope: 'checked',
    params: ofItem,
    body: strict({ extension: positiveDuration }),
    keyed: true,
    answer: views.runViewSchema,
  },
  createLoginCode: {
    method: 'POST',
    path: '/v1/login-codes',
    summary: 'A code with which a browser logs in as the caller, once and within five minutes',
    access: 'viewer',
    scope: 'own',
    body: strict({}),
    bodyOptional: true,
    answer: z.object({ code: z.string(), expiresAt: z.string() }),
  },
  login: {
    method: 'POST',
    path: '/v1/session',
    summary: 'Begin the session of a browser: a cookie for a login code',
    access: 'public',
    body: strict({ code: z.string().max(200) }),
    answer: session,
    bodyLimit: 1024,
  },
  describeSession: {
    method: 'GET',
    path: '/v1/session',
    summary: 'Who the caller is, and the header that its calls need if it is a browser',
    access: 'viewer',
    scope: 'own',
    answer: session,
  },
  logout: {
    method: 'DELETE',
    path: '/v1/session',
    summary: 'End the session of this browser',
    access: 'viewer',
    scope: 'own',
    answer: z.object({ ended: z.literal(true) }),
  },
  healthz: {
    method: 'GET',
    path: '/healthz',
    summary: 'The gateway runs, and for how many milliseconds it has been able to pass beats on',
    access: 'public',
    answer: z.object({ status: z.literal('ok'), listeningMs: z.int().min(0) }),
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    summary: 'The gateway reaches Temporal, which can write',
    access: 'public',
    answer: z.object({ status: z.literal('ready'), warnings: z.array(z.string()).exactOptional() }),
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    access: 'public',
    answer: z.record(z.string(), z.unknown()),
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: "Numbers in Prometheus's text format",
    access: 'public',
    answer: z.string(),
    produces: 'text/plain',
  },
} as const satisfies Record<string, Call>;

function runCommand<V extends 'pause' | 'resume' | 'cancel'>(verb: V, summary: string) {
  return {
    method: 'POST',
    path: `/v1/runs/{fleet}/{run}/${verb}`,
    summary,
    access: 'operator',
    params: ofRun,
    body: strict({}),
    bodyOptional: true,
    keyed: true,
    answer: views.runViewSchema,
  } as const;
}

/** The name of a call. */
export type CallName = keyof typeof CALLS;

/**
 * The header that makes a command safe to repeat: its value becomes the request id, or the run's
 * name.
 */
export const IDEMPOTENCY_KEY = { header: 'idempotency-key', schema: requestId.min(1) } as const;
