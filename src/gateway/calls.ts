/**
 * Turns the table of calls into routes: who may call, what to read from the request, what to
 * answer.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Call, type CallName, CALLS } from '../contract/schemas/http';
import type { Guard } from './access/guard';
import { readRequest } from './requests';

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type Part<C, K extends 'params' | 'query' | 'headers' | 'body'> = K extends keyof C ? Output<C[K]> : undefined;
type Ask<N extends CallName> = (typeof CALLS)[N];

/** The input of a handler: the checked parts of the request. */
export interface Input<N extends CallName> {
  readonly params: Part<Ask<N>, 'params'>;
  readonly query: Part<Ask<N>, 'query'>;
  readonly headers: Part<Ask<N>, 'headers'>;
  /** Not checked if the call says `ownCheck`. */
  readonly body: Ask<N> extends { readonly ownCheck: true } ? unknown : Part<Ask<N>, 'body'>;
  /** From the header `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  /** Who calls, and from where. */
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * Returns the body of the answer, or a promise of it. The status is the call's unless the handler
 * sets another.
 */
export type Handler<N extends CallName> = (input: Input<N>) => unknown;

/** Handlers for some of the calls. */
export type Handlers<N extends CallName = CallName> = { readonly [K in N]: Handler<K> };

/** Adds the routes of these calls. */
export function addCalls<N extends CallName>(app: FastifyInstance, guard: Guard, handlers: Handlers<N>): void {
  for (const name of Object.keys(handlers) as N[]) addCall(app, guard, name, handlers[name]);
}

/** Converts a path of OpenAPI to fastify's form. */
export function routeOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function addCall<N extends CallName>(app: FastifyInstance, guard: Guard, name: N, handler: Handler<N>): void {
  const call: Call = CALLS[name];
  app.route({
    method: call.method,
    url: routeOf(call.path),
    ...(call.bodyLimit === undefined ? {} : { bodyLimit: call.bodyLimit }),
    // For a HEAD request fastify would read the whole answer first.
    ...(call.stream || call.alsoStream || call.noHead ? { exposeHeadRoute: false } : {}),
    // Runs before the body is read, so that unauthorized callers cause no parsing.
    onRequest: guard(call),
    handler: (request, reply) => {
      reply.status(call.statuses?.[0] ?? 200);
      if (call.produces !== undefined) reply.type(call.produces);
      // The table guarantees that the parts match `Input`.
      return handler({ ...readRequest(call, request), request, reply } as Input<N>);
    },
  });
}
