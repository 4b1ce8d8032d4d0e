/**
 * Checks who calls and whether the caller may, slows down callers that guess tokens, and limits the calls
 * of one agent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { AgentRef } from '../../client';
import { DroverError } from '../../contract/errors';
import { mayAs } from '../../contract/caller/role';
import type { Call } from '../../contract/schemas/http';
import { Slots } from '../../lib/slots';
import { type Caller, mustReach, mustReachAll } from './caller';
import { CSRF_HEADER, isSame, type Sessions, sessionIn } from './sessions';
import type { Tokens } from './tokens';

/**
 * The check before a call's body is read. Throws `Unauthorized`, `Forbidden` or, after too many of
 * these, `RateLimited`.
 */
export type Guard = (call: Call) => onRequestHookHandler;

/** The ways to prove who calls. */
export interface Proofs {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
}

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
  { tokens, sessions }: Proofs,
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
    throw new DroverError(
      'RateLimited',
      'too many calls without a valid token from this address; use a valid token, or wait a minute',
      {
        retryAfterMs: limit.ttl,
      },
    );
  }

  async function limitAgent(request: FastifyRequest): Promise<void> {
    const limit = await countAgent(request);
    if (limit.isAllowed || !limit.isExceeded) return;
    const most = String(agentCallsPerMinute);
    throw new DroverError('RateLimited', `more than ${most} calls a minute with the token of one agent; slow down`, {
      retryAfterMs: limit.ttl,
    });
  }

  /** The caller of a request by its token or, without one, by the session in its cookie. */
  function identify(call: Call, request: FastifyRequest): Caller {
    const { authorization, cookie } = request.headers;
    const session = authorization === undefined ? sessionIn(cookie) : undefined;
    if (session === undefined) {
      return tokens.require(authorization, call.access === 'agent' ? (request.params as AgentRef) : undefined);
    }
    const found = sessions.find(session);
    if (found === undefined) throw new DroverError('Unauthorized', 'this session has ended; log in again');
    const given = request.headers[CSRF_HEADER];
    if (call.method !== 'GET' && (typeof given !== 'string' || !isSame(given, found.csrf))) {
      throw new DroverError('Forbidden', `a call from a browser needs the header ${CSRF_HEADER} of its session`);
    }
    return found.caller;
  }

  async function check(call: Call, request: FastifyRequest): Promise<void> {
    if (call.access === 'public') return;
    try {
      request.caller = identify(call, request);
    } catch (error) {
      return refuse(request, error);
    }
    authorize(call, request.caller, request);
    if (request.caller.kind === 'agent' && call.uncounted !== true) await limitAgent(request);
  }

  app.decorateRequest('caller', null);
  return (call) => async (request) => check(call, request);
}

/** Throws `Forbidden` for a call that the caller's role or fleets do not allow. */
function authorize({ access, scope }: Call, caller: Caller, { params, query }: FastifyRequest): void {
  if (caller.kind === 'agent' || access === 'public') return;
  const needed = access === 'agent' ? 'operator' : access;
  if (!mayAs(caller.role, needed)) {
    throw new DroverError(
      'Forbidden',
      `the token "${caller.name}" has the role ${caller.role}; this call needs the role ${needed}`,
    );
  }
  for (const fleet of [fleetIn(params), fleetIn(query)]) if (fleet !== undefined) mustReach(caller, fleet);
  if (scope === undefined || scope === 'shared') {
    if (fleetIn(params) === undefined) mustReachAll(caller, 'this is shared by all fleets');
  }
}

function fleetIn(parts: unknown): string | undefined {
  const fleet: unknown = typeof parts === 'object' && parts !== null && 'fleet' in parts ? parts.fleet : undefined;
  return typeof fleet === 'string' ? fleet : undefined;
}
