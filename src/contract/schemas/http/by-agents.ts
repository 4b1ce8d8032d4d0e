/** The calls that agents make about themselves: beats, failures, progress, and those of pull mode. */
import { z } from 'zod';
import { PULLED_KINDS } from '../../agent/pull';
import { addressedHeartbeatSchema, failureReportSchema, heartbeatSchema, progressSchema } from '../agents';
import { duration, id, strict } from '../fields';
import * as views from '../views';
import { type Call, NDJSON } from './call';
import { ofAgent } from './parts';

/** The most bytes of a beat or a report of a failure (docs/http.md, "Errors"). */
const BEAT_LIMIT = 32 * 1024;
/** The most bytes of an answer of 1 MiB, as at an endpoint, with its envelope. */
const REPLY_LIMIT = 1024 * 1024 + 1024;

const ofTurn = ofAgent.extend({ turnId: id.min(1) });

/** The calls of one agent. */
export const callsByAgents = {
  heartbeat: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/heartbeat',
    summary: 'One beat of an agent; the answer has the desired state and the time of the next beat',
    access: 'agent',
    params: ofAgent,
    body: heartbeatSchema,
    answer: views.beatAnswerSchema,
    bodyLimit: BEAT_LIMIT,
  },
  reportFailure: {
    method: 'POST',
    path: '/v1/agents/{fleet}/{agent}/failures',
    summary: 'Report that work with a credential failed; `changed` says whether that begins a switch',
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
    summary: 'Report the progress of a turn, for listeners of /v1/events and the view of the run',
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
    summary: 'Pull mode: waits for the next call for the agent, at most `wait`; 204 if none came',
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
    summary: 'Pull mode: the answer to a call; 404 if the call was withdrawn, or is handed out again',
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
    summary: 'Pull mode: whether the turn still waits for an answer here',
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
    summary: 'The endpoint of an agent that polls: withdraws a turn',
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
} as const satisfies Record<string, Call>;

/** The beats of many agents in one call. */
export const bulkCalls = {
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
} as const satisfies Record<string, Call>;
