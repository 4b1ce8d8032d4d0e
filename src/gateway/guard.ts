/** Checks tokens, slows down callers that guess tokens, and limits the calls of one agent. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { AgentRef } from '../client';
import { DroverError } from '../contract/errors';
import type { Access } from '../contract/schemas/http';
import { Slots } from '../lib/slots';
import type { Tokens } from './tokens';

/**
 * The check before a call's body is read. Throws `Unauthorized`, `Forbidden` or, after too many of
 * these, `RateLimited`.
 */
export type Guard = (access: Access) => onRequestHookHandler;

/**
 * How often one agent may call. `delay` makes a caller that guesses wait, in milliseconds; tests
 * replace it.
 */
export interface GuardOptions {
  readonly agentCallsPerMinute: number;
  readonly delay?: (ms: number) => Promise<void>;
}

/**
 * Wrong tokens per minute and address: enough for typing errors, and for a few agents with an old
 * token.
 */
const FAILURES = { max: 120, timeWindow: '1 minute' } as const;
/**
 * How long the refusal of a further one takes: four guesses a second per connection. A right token
 * never waits.
 */
const REFUSED_AFTER_MS = 250;
/** Refusals that wait at a time. The others queue behind them. */
const REFUSED_AT_A_TIME = 64;

const pause = (ms: number): Promise<void> => sleep(ms, undefined, { ref: false });

/** The guard of a gateway, on which `@fastify/rate-limit` is registered. */
export function createGuard(
  app: FastifyInstance,
  tokens: Tokens,
  { agentCallsPerMinute, delay = pause }: GuardOptions,
): Guard {
  const countFailure = app.createRateLimit(FAILURES);
  const countAgent = app.createRateLimit({
    max: agentCallsPerMinute,
    timeWindow: '1 minute',
    keyGenerator: (request) => {
      const { fleet, agent } = request.params as AgentRef;
      return `${fleet}/${agent}`;
    },
  });
  const refusals = new Slots(REFUSED_AT_A_TIME);

  async function refuse(request: FastifyRequest, error: unknown): Promise<never> {
    const limit = await countFailure(request);
    if (limit.isAllowed || !limit.isExceeded) throw error;
    await refusals.run(() => delay(REFUSED_AFTER_MS));
    throw new DroverError('RateLimited', 'too many calls with a wrong token from this address', {
      retryAfterMs: limit.ttl,
    });
  }

  async function limitAgent(request: FastifyRequest): Promise<void> {
    const limit = await countAgent(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    const most = String(agentCallsPerMinute);
    throw new DroverError('RateLimited', `more than ${most} calls a minute with the token of one agent; slow down`, {
      retryAfterMs: limit.ttl,
    });
  }

  async function check(access: Access, request: FastifyRequest): Promise<void> {
    if (access === 'public') return;
    const agent = access === 'agent' ? (request.params as AgentRef) : undefined;
    let caller;
    try {
      caller = tokens.require(request.headers.authorization, agent);
    } catch (error) {
      return refuse(request, error);
    }
    if (caller === 'agent') await limitAgent(request);
  }

  return (access) => async (request) => check(access, request);
}
