/** Schemas of messages to agents over HTTP, with the limits of the parsers in rules/. */
import { z } from 'zod';
import type { AgentCommand, AgentCommandOptions, Heartbeat } from '../agent';
import { PROGRESS_LENGTHS, type TurnProgress } from '../agent/progress';
import { PULL_ENDPOINT } from '../agent/pull';
import { SESSION_BYTES, sessionProblem } from '../agent/session';
import { MOST_ALIKE, URL_PATTERN } from '../values/patterns';
import type { FailureReport } from '../agent/subscription';
import { duration, id, name, reason, requestId, strict } from './fields';

/** A session, by the same check as the parser of the sandbox. */
const session = z
  .string()
  .refine((text) => sessionProblem(text) === null, { error: ({ input }) => sessionProblem(input) ?? 'expected a text' })
  .meta({ described: { type: 'string', maxLength: SESSION_BYTES } });

const beatFields = {
  instanceId: id,
  seq: z.int().min(0).exactOptional(),
  status: z.enum(['starting', 'ready', 'degraded', 'stopping']),
  endpoint: z
    .string()
    .max(2_000)
    .refine(
      (text) => text === PULL_ENDPOINT || URL_PATTERN.test(text),
      'expected an http or https URL without credentials, or "pull"',
    )
    .exactOptional(),
  load: z.number().min(0).exactOptional(),
  session: session.nullable().exactOptional(),
};

/** One beat. */
export const heartbeatSchema = strict(beatFields) satisfies z.ZodType<Heartbeat>;

/** One of many beats, with its agent. */
export const addressedHeartbeatSchema = strict({ fleet: name, agent: name, ...beatFields });

/** A report of a failure. */
export const failureReportSchema = strict({
  subscription: name,
  assignment: z.int().min(0).exactOptional(),
  kind: z.enum(['rate_limit', 'auth', 'other']),
  resetAt: z.iso.datetime({ offset: true }).max(40).exactOptional(),
  count: z.int().min(1).max(MOST_ALIKE).exactOptional(),
  turnId: id.exactOptional(),
  requestId: requestId.exactOptional(),
}) satisfies z.ZodType<FailureReport>;

/** The progress of a turn. */
export const progressSchema = strict({
  text: z.string().max(PROGRESS_LENGTHS.text).exactOptional(),
  tool: z.string().max(PROGRESS_LENGTHS.tool).exactOptional(),
  done: z.number().min(0).exactOptional(),
  total: z.number().min(0).exactOptional(),
}).refine(
  (said) => Object.keys(said).length > 0,
  'expected at least one of text, tool, done, total',
) satisfies z.ZodType<TurnProgress>;

const mode = z.enum(['drain', 'freeze']).exactOptional();
const ofRequest = { requestId: requestId.exactOptional(), wait: z.boolean().exactOptional() };

/** The bodies of the commands. */
export const commandSchemas = {
  pause: strict({
    hold: name.exactOptional(),
    reason: reason.exactOptional(),
    mode,
    drainTimeout: duration.exactOptional(),
    ...ofRequest,
  }),
  resume: strict({ hold: name.exactOptional(), cancelPending: z.boolean().exactOptional(), ...ofRequest }),
  stop: strict({ grace: duration.exactOptional(), ...ofRequest }),
  start: strict({ ...ofRequest }),
  restart: strict({ reason: reason.exactOptional(), mode, ...ofRequest }),
  terminate: strict({ ...ofRequest }),
  hold: strict({ hold: name, reason: reason.exactOptional(), ...ofRequest }),
  release: strict({ hold: name, ...ofRequest }),
} satisfies { [C in AgentCommand]: z.ZodType<AgentCommandOptions[C]> };
