/** Reads the messages between an agent and its pool, which both remember. */
import type { AllocationGranted, FailureObserved } from '../../contract/pool';
import { MOST_ALIKE } from '../../contract/values/patterns';
import { id, secretReference } from './fields';
import { message } from './message';
import * as parse from './parse';

/** The full name of an agent, `fleet/agent`. */
export const agentName: parse.Parser<string> = (value, path) => {
  const [fleet, agent, ...more] = id(value, path).split('/');
  if (more.length > 0) return parse.invalid(path, 'expected fleet/agent');
  return `${parse.name(fleet, path)}/${parse.name(agent, path)}`;
};

/** Signal `failureObserved`. */
export const parseFailureObserved: parse.Parser<FailureObserved> = message({
  credential: parse.name,
  kind: parse.oneOf('rate_limit', 'auth'),
  at: parse.instant,
  resetAt: parse.optional(parse.instant),
  agent: agentName,
  count: parse.optional(parse.integer(1, MOST_ALIKE)),
  reported: parse.optional(parse.boolean),
});

/** A grant of a credential. */
export const parseGranted: parse.Parser<Extract<AllocationGranted, { readonly credential: string }>> = message({
  requestId: id,
  credential: parse.name,
  assignment: parse.integer(1),
  secret: secretReference,
  eventsInWindow: parse.integer(),
});
const refused: parse.Parser<AllocationGranted> = message({
  requestId: id,
  exhaustedUntil: parse.nullable(parse.instant),
});

/** Signal `allocationGranted`. */
export const parseAllocationGranted: parse.Parser<AllocationGranted> = (value, path) =>
  (parse.isRecord(value) && 'exhaustedUntil' in value ? refused : parseGranted)(value, path);
