/** The calls about agents, beside their commands. */
import { z } from 'zod';
import { LOG_TAIL_LINES } from '../../agent/log';
import { name, strict } from '../fields';
import * as views from '../views';
import { type Call, LAST_EVENT_ID } from './call';
import { flag, number, ofAgent, paging } from './parts';

/** Lists, views, logs and tokens of agents. */
export const agentCalls = {
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
} as const satisfies Record<string, Call>;
