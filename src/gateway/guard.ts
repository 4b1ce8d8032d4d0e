/** Lets in whoever may call, and slows down whoever guesses tokens. */
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { AgentRef } from '../client';
import { DroverError } from '../contract/errors';
import type { Access } from '../contract/schemas/http';
import type { Tokens } from './tokens';

/** The check before a call's body is read; it meets `Unauthorized`, `Forbidden` or, after too many of these, `RateLimited`. */
export type Guard = (access: Access) => onRequestHookHandler;

/** Wrong tokens per minute and address: a person's slips, and a handful of agents that were started with an old token. */
const FAILURES = { max: 120, timeWindow: '1 minute' } as const;

/** The guard of a gateway, on which `@fastify/rate-limit` is registered. */
export function createGuard(app: FastifyInstance, tokens: Tokens): Guard {
  const countFailure = app.createRateLimit(FAILURES);

  async function refuse(request: FastifyRequest, error: unknown): Promise<never> {
    const limit = await countFailure(request);
    if (limit.isAllowed || !limit.isExceeded) throw error;
    throw new DroverError('RateLimited', 'too many calls with a wrong token from this address', {
      retryAfterMs: limit.ttl,
    });
  }

  return (access) => (request, _reply, done) => {
    if (access === 'public') return done();
    try {
      tokens.require(request.headers.authorization, access === 'agent' ? (request.params as AgentRef) : undefined);
    } catch (error) {
      refuse(request, error).catch(done);
      return;
    }
    done();
  };
}
