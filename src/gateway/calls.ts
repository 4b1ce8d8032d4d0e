/** Turns the table of calls into routes: who may call, what is read from the request, what is answered. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Call, type CallName, CALLS, IDEMPOTENCY_KEY } from '../contract/schemas/http';
import type { Guard } from './guard';

type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
type Part<C, K extends 'params' | 'query' | 'headers' | 'body'> = K extends keyof C ? Output<C[K]> : undefined;
type Ask<N extends CallName> = (typeof CALLS)[N];

/** What a handler gets: the parts of the request, checked. */
export interface Input<N extends CallName> {
  readonly params: Part<Ask<N>, 'params'>;
  readonly query: Part<Ask<N>, 'query'>;
  readonly headers: Part<Ask<N>, 'headers'>;
  /** Not checked where the call says `ownCheck`. */
  readonly body: Ask<N> extends { readonly ownCheck: true } ? unknown : Part<Ask<N>, 'body'>;
  /** From the header `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  readonly reply: FastifyReply;
}

/** What a handler returns, or resolves to, is the body of the answer; its status is the call's unless the handler sets another. */
export type Handler<N extends CallName> = (input: Input<N>) => unknown;

/** A handler for some of the calls. */
export type Handlers<N extends CallName = CallName> = { readonly [K in N]: Handler<K> };

/** Adds the routes of these calls. */
export function addCalls<N extends CallName>(app: FastifyInstance, guard: Guard, handlers: Handlers<N>): void {
  for (const name of Object.keys(handlers) as N[]) addCall(app, guard, name, handlers[name]);
}

/** A path of OpenAPI as fastify writes it. */
export function routeOf(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function addCall<N extends CallName>(app: FastifyInstance, guard: Guard, name: N, handler: Handler<N>): void {
  const call: Call = CALLS[name];
  app.route({
    method: call.method,
    url: routeOf(call.path),
    ...(call.bodyLimit === undefined ? {} : { bodyLimit: call.bodyLimit }),
    // To a HEAD, fastify would read the whole answer first.
    ...(call.stream ? { exposeHeadRoute: false } : {}),
    // Before the body is read: whoever may not call does not make us parse.
    onRequest: guard(call.access),
    handler: (request, reply) => {
      reply.status(call.status ?? 200);
      return handler(read(call, request, reply) as Input<N>);
    },
  });
}

/** The parts by the call's own schemas; that these are the ones of `Input` is what the table says. */
function read(
  call: Call,
  request: FastifyRequest,
  reply: FastifyReply,
): { readonly [K in keyof Input<CallName>]: unknown } {
  const key = request.headers[IDEMPOTENCY_KEY.header];
  // A call without a body takes none, or the empty object that some clients send.
  const body = request.body ?? {};
  return {
    params: call.params?.parse(request.params),
    query: call.query?.parse(request.query),
    headers: call.headers?.parse(request.headers),
    body: call.ownCheck ? body : call.body?.parse(body),
    idempotencyKey: key === undefined ? undefined : IDEMPOTENCY_KEY.schema.parse(key),
    reply,
  };
}
