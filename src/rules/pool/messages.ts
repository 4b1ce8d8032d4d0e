/**
 * Parses every message of a pool's workflow. Each parser throws `InvalidRequest` with the field's
 * path.
 */
import type {
  AllocationRejected,
  AllocationRequested,
  FailureObserved,
  PoolConfiguration,
  PoolInput,
  PoolLeft,
} from '../../contract/pool';
import { MOST_ALIKE, REQUEST_ID_LENGTH } from '../../contract/patterns';
import { notifySpec } from '../lib/fields';
import * as parse from '../lib/parse';

const id = parse.text(1_000);
/** An agent's full name, `fleet/agent`. */
const agentName: parse.Parser<string> = (value, path) => {
  const [fleet, agent, ...more] = parse.text(1_000)(value, path).split('/');
  if (more.length > 0) return parse.invalid(path, 'expected fleet/agent');
  return `${parse.name(fleet, path)}/${parse.name(agent, path)}`;
};
const requestId = parse.optional(parse.text(REQUEST_ID_LENGTH));

/** An update that the pool applies once for each request id. */
interface Repeatable {
  readonly requestId?: string;
}

const instant: parse.Parser<string> = (value, path) => {
  const written = parse.text(40)(value, path);
  return Number.isNaN(Date.parse(written)) ? parse.invalid(path, 'expected a time in ISO 8601') : written;
};

const configurationFields = {
  credentials: parse.list(parse.object({ name: parse.name, secret: parse.text() }), 1_000),
  skipFor: parse.optional(parse.duration),
  fleet: parse.optional(parse.name),
  notify: parse.optional(notifySpec),
} as const;

/** Update `configure`. */
export const parsePoolConfiguration: parse.Parser<PoolConfiguration & Repeatable> = parse.object({
  ...configurationFields,
  requestId,
});

const version: parse.Parser<1> = (value, path) => (value === 1 ? 1 : parse.invalid(path, 'expected 1'));

/** The input of a pool's first run. */
export const parsePoolInput: parse.Parser<PoolInput> = parse.object({
  v: version,
  pool: parse.name,
  ...configurationFields,
  continueAfterEvents: parse.optional(parse.integer(1)),
});

const failureFields = {
  credential: parse.name,
  kind: parse.oneOf('rate_limit', 'auth'),
  at: instant,
  resetAt: parse.optional(instant),
  agent: agentName,
  count: parse.optional(parse.integer(1, MOST_ALIKE)),
  reported: parse.optional(parse.boolean),
} as const;

/** Signal `failureObserved`. */
export const parseFailureObserved: parse.Parser<FailureObserved> = parse.object(failureFields);

/** Signal `allocationRequested`. */
export const parseAllocationRequested: parse.Parser<AllocationRequested> = parse.object({
  requestId: id,
  agent: agentName,
  not: parse.nullable(parse.name),
  above: parse.optional(parse.integer()),
  failed: parse.optional(parseFailureObserved),
});

/** Signal `allocationRejected`. */
export const parseAllocationRejected: parse.Parser<AllocationRejected> = parse.object({ requestId: id });

/** Signal `agentGone`. */
export const parseAgentGone: parse.Parser<{ agent: string }> = parse.object({ agent: agentName });

/** Update `leave`. */
export const parsePoolLeft: parse.Parser<PoolLeft & Repeatable> = parse.object({ fleet: parse.name, requestId });

/** Update `reset`; without `credential` it resets all of them. */
export const parseReset: parse.Parser<{ credential?: string } & Repeatable> = parse.object({
  credential: parse.optional(parse.name),
  requestId,
});
