/** Pull mode: the polls and replies of agents, and the endpoint that the gateway is for them. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { AgentRef } from '../../client';
import type { Heartbeat } from '../../contract/agent';
import {
  LONGEST_POLL_MS,
  PULL_ENDPOINT,
  type PulledAnswer,
  type PulledKind,
  SHORTEST_POLL_MS,
} from '../../contract/agent/pull';
import { durationMs } from '../../contract/values/duration';
import { DroverError } from '../../contract/errors';
import type { Handlers } from '../calls';
import type { Exchange } from '../pull/exchange';

type PullCalls = 'pollTurns' | 'replyTurn' | 'turnWanted' | 'endpointCall' | 'endpointWithdraw' | 'endpointHealth';

/** How long after its last poll an agent still counts as one that takes calls. */
const HEALTHY_MS = 30_000;

/** Handlers over the exchange. */
export function pullHandlers(exchange: Exchange): Handlers<PullCalls> {
  return {
    pollTurns: async ({ params, query: { wait = '30s', instance = '', last }, reply }) => {
      const waitMs = Math.min(Math.max(durationMs(wait) ?? 0, SHORTEST_POLL_MS), LONGEST_POLL_MS);
      const counter = exchange.of(params);
      const { signal, end } = untilClosed(reply.raw, waitMs);
      const call = await counter.poll({ instance, last }, signal);
      end();
      if (call === null) return reply.status(204).send();
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished && call.kind !== 'withdraw') counter.lost(call.id);
      });
      return call;
    },
    replyTurn: ({ params: { turnId, ...ref }, body: { status = 200, reply } }) => {
      if (exchange.of(ref).reply(turnId, { status, reply })) return {};
      throw new DroverError(
        'NotFound',
        `no call ${turnId.slice(0, 200)} waits here for a reply of ${ref.fleet}/${ref.agent}: it was withdrawn, or it is handed out again`,
      );
    },
    turnWanted: ({ params: { turnId, ...ref } }) => ({ wanted: exchange.of(ref).isWanted(turnId) }),
    endpointCall: async ({ params: { call, ...ref }, body, reply }) => {
      const { signal, end } = untilClosed(reply.raw);
      const answer = await exchange.of(ref).ask(idOf(call, body), call, body, signal);
      end();
      return send(reply, answer);
    },
    endpointWithdraw: ({ params: { turnId, ...ref } }) => {
      exchange.of(ref).withdraw(turnId);
      return {};
    },
    endpointHealth: ({ params: { fleet, agent } }) => {
      const since = exchange.of({ fleet, agent }).sincePollMs();
      if (since !== null && since < HEALTHY_MS) return { status: 'ready' };
      throw new DroverError(
        'Unavailable',
        `${fleet}/${agent} has not polled this gateway within 30s; start it, or look at its connection to this gateway`,
      );
    },
  };
}

/** The beat with this gateway as the endpoint of an agent that polls. `selfUrl`: where workers reach this gateway. */
export function withEndpoint<B extends Heartbeat>({ fleet, agent }: AgentRef, beat: B, selfUrl: string | undefined): B {
  if (beat.endpoint !== PULL_ENDPOINT) return beat;
  if (selfUrl === undefined)
    throw new DroverError(
      'InvalidRequest',
      'endpoint: "pull" needs a gateway that knows its own URL: set DROVER_GATEWAY_SELF_URL for it',
    );
  return { ...beat, endpoint: `${selfUrl.replace(/\/+$/, '')}/v1/agents/${fleet}/${agent}/endpoint` };
}

function idOf(kind: PulledKind, body: unknown): string {
  const isTurn = kind === 'turn' && typeof body === 'object' && body !== null && 'turnId' in body;
  return isTurn && typeof body.turnId === 'string' ? body.turnId : `call-${randomUUID()}`;
}

/** Aborts when the other side has gone, or after the time; `end` stops both. */
function untilClosed(response: ServerResponse, withinMs?: number): { readonly signal: AbortSignal; end: () => void } {
  const over = new AbortController();
  const abort = (): void => over.abort();
  const timer = withinMs === undefined ? undefined : setTimeout(abort, withinMs);
  response.once('close', abort);
  const end = (): void => {
    clearTimeout(timer);
    response.off('close', abort);
  };
  return { signal: over.signal, end };
}

/** Any JSON value, a text too, as the endpoint of the agent would send it. */
function send(reply: FastifyReply, { status, reply: body }: PulledAnswer): FastifyReply {
  return reply.status(status).type('application/json').send(JSON.stringify(body));
}
