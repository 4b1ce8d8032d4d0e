/** The parts that several views, or views and events, share. */
import { z } from 'zod';
import { AGENT_STATUSES, LIVENESSES, RUNTIMES } from '../../agent';
import { type ErrorCode, ERRORS } from '../../errors';

/** A time, ISO 8601 in UTC. */
export const time = z.iso.datetime();
/** Any JSON value. */
export const json = z.unknown();

/** The status of an agent. */
export const status = z.enum(AGENT_STATUSES);
/** The runtime of an agent. */
export const runtime = z.enum(RUNTIMES);
/** The liveness of an agent. */
export const liveness = z.enum(LIVENESSES);
/** The part of a change for one agent. */
export const changeKind = z.enum(['create', 'update', 'replace', 'delete']);
/** How a change stands. */
export const changeState = z.enum(['running', 'done', 'failed', 'rolled_back', 'kept']);
/** Why a list's item does not answer. */
export const problem = z.string().nullable();
/** A hold of an agent. */
export const hold = z.object({ name: z.string(), reason: z.string().nullable(), since: time });

/** Work that a workflow retries at the moment; absent without such work. */
export const troubles = z
  .array(z.object({ what: z.string(), why: z.string(), since: time, attempts: z.int() }))
  .exactOptional();

/** The usage of turns: costs in US dollars, tokens; absent if none reported usage. */
export const usage = z
  .object({ turns: z.int(), costUsd: z.number(), inputTokens: z.int(), outputTokens: z.int() })
  .exactOptional();

/** The code of an error, from the closed list. */
export const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);
