/** The parts that several views, or views and events, share. */
import { z } from 'zod';
import { AGENT_STATUSES, LIVENESSES, RUNTIMES } from '../../agent';
import { type ErrorCode, ERRORS } from '../../errors';

export const time = z.iso.datetime();
export const json = z.unknown();

export const status = z.enum(AGENT_STATUSES);
export const runtime = z.enum(RUNTIMES);
export const liveness = z.enum(LIVENESSES);
export const changeKind = z.enum(['create', 'update', 'replace', 'delete']);
export const changeState = z.enum(['running', 'done', 'failed', 'rolled_back', 'kept']);
/** Why a list's item does not answer. */
export const problem = z.string().nullable();
export const hold = z.object({ name: z.string(), reason: z.string().nullable(), since: time });

export const troubles = z
  .array(z.object({ what: z.string(), why: z.string(), since: time, attempts: z.int() }))
  .exactOptional();

export const usage = z
  .object({ turns: z.int(), costUsd: z.number(), inputTokens: z.int(), outputTokens: z.int() })
  .exactOptional();

export const errorCode = z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]);
