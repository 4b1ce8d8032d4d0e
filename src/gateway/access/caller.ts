/** Who makes a call, and what this caller may see. */
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { DroverError } from '../../contract/errors';
import type { Role } from '../../contract/caller/role';
import type { AgentRef } from '../../client';

/** The holder of a token. */
export interface TokenCaller {
  readonly kind: 'token';
  /** The name of the token, for logs and audits. */
  readonly name: string;
  readonly role: Role;
  /** The only fleets that it may see and command; null: all of them. */
  readonly fleets: readonly string[] | null;
  /** Identifies the token without showing it: the SHA-256 of it in hexadecimal digits. */
  readonly sha256: string;
}

/** An agent with its own token. */
export interface AgentCaller extends AgentRef {
  readonly kind: 'agent';
  readonly name: string;
}

/** The caller of a request that is not public. */
export type Caller = TokenCaller | AgentCaller;

declare module 'fastify' {
  interface FastifyRequest {
    /** Null for a public call. */
    caller: Caller | null;
  }
}

/** The fleets that a caller is limited to; null: none, it may see all. */
export function fleetsOf(caller: Caller | null): readonly string[] | null {
  if (caller === null) return null;
  return caller.kind === 'agent' ? [caller.fleet] : caller.fleets;
}

/** Throws `Forbidden` for a fleet that the caller may not see. */
export function mustReach(caller: Caller | null, fleet: string): void {
  const fleets = fleetsOf(caller);
  if (fleets === null || fleets.includes(fleet)) return;
  throw new DroverError(
    'Forbidden',
    `the token "${caller?.name ?? ''}" is for ${inWords(fleets)}, not for ${fleet.slice(0, 100)}`,
  );
}

/** Throws `Forbidden` for what fleets share, if the caller is limited to some of them. */
export function mustReachAll(caller: Caller, what: string): void {
  const fleets = fleetsOf(caller);
  if (fleets === null) return;
  throw new DroverError('Forbidden', `the token "${caller.name}" is for ${inWords(fleets)}, and ${what}`);
}

/** The filter of a list: `fleets` of the caller, or nothing. */
export function onlyFleetsOf(request: Pick<FastifyRequest, 'caller'>): { readonly fleets?: readonly string[] } {
  const fleets = fleetsOf(request.caller);
  return fleets === null ? {} : { fleets };
}

/** Who gives a command, from where, and under which id: what its workflow records. */
export interface CommandOrigin {
  readonly requestId: string;
  readonly by: string;
  readonly from: string;
}

/**
 * The origin of a command. Its id is the idempotency key, the id in its body, or a new one; the audit
 * trail has the same id.
 */
export function originOf(request: FastifyRequest, key: string | undefined, body?: unknown): CommandOrigin {
  const given: unknown = typeof body === 'object' && body !== null && 'requestId' in body ? body.requestId : undefined;
  const requestId = key ?? (typeof given === 'string' ? given : randomUUID());
  request.commandId = requestId;
  return { requestId, by: request.caller?.name ?? '', from: request.ip };
}

function inWords(fleets: readonly string[]): string {
  return `the fleet${fleets.length === 1 ? '' : 's'} ${fleets.join(', ')}`;
}
