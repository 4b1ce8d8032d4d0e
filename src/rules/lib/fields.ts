/**
 * Parsers of the fields that several specifications have; the zod schemas of the fleet file are
 * their twins at the edges.
 */
import type { Duration } from '../../contract/values/duration';
import { leaseOfId } from '../../contract/names';
import { type InboxSpec, ON_DEADLINE } from '../../contract/run/inbox';
import { EVENT_PATTERN, FLEET_LIMITS, SECRET_PATTERN, URL_PATTERN } from '../../contract/values/patterns';
import { durationMs, LONGEST_DURATION_MS } from './duration';
import { duration, invalid, json, list, object, oneOf, optional, type Parser, text } from './parse';

/** A text that matches a pattern; the error says `expected <what>`. */
export function matching(pattern: RegExp, what: string): Parser<string> {
  const anyText = text(FLEET_LIMITS.text);
  return (value, path) => {
    const given = anyText(value, path);
    return pattern.test(given) ? given : invalid(path, `expected ${what}`);
  };
}

/** An id from outside: of a request, a turn, a workflow, a key. */
export const id = text(1_000);

/** The process of a gateway, as the ids of its leases name it. */
export const leaseInstance = matching(/^[A-Za-z0-9-]{1,64}$/, '1 to 64 letters, digits or "-"');

/** The workflow id of a lease. */
export const leaseId: Parser<string> = (value, path) => {
  const given = id(value, path);
  return leaseOfId(given) === null ? invalid(path, 'expected lease/<instance>/<shard>/<epoch>') : given;
};

/** `env:NAME` or `file:path`. */
export const secretReference = matching(SECRET_PATTERN, 'a reference such as env:NAME or file:path');
/** An http(s) URL. */
export const url = matching(URL_PATTERN, 'an http or https URL without credentials');

/** A text that is not empty. */
export const filled: Parser<string> = (value, path) => {
  const given = text(FLEET_LIMITS.text)(value, path);
  return given === '' ? invalid(path, 'is empty') : given;
};

/** A duration from 0 to 30 days. */
export const boundedDuration: Parser<Duration> = (value, path) => {
  const given = duration(value, path);
  return (durationMs(given) ?? 0) <= LONGEST_DURATION_MS ? given : invalid(path, 'is longer than 720h');
};

/** A duration above 0, up to 30 days. */
export const positiveDuration: Parser<Duration> = (value, path) => {
  const given = boundedDuration(value, path);
  return durationMs(given) === 0 ? invalid(path, 'must be longer than 0') : given;
};

/** A list with at least one item. */
export function filledList<T>(parser: Parser<T>, max: number = FLEET_LIMITS.items): Parser<T[]> {
  const items = list(parser, max);
  return (value, path) => {
    const given = items(value, path);
    return given.length === 0 ? invalid(path, 'needs at least one item') : given;
  };
}

/** A person or an address, for a webhook's receiver. */
const recipient: Parser<string> = (value, path) => text(200)(filled(value, path), path);

/** `inbox` of a fleet. */
export const inboxSpec: Parser<InboxSpec> = object({
  remindAfter: optional(positiveDuration),
  escalateAfter: optional(positiveDuration),
  escalateTo: optional(recipient),
  deadline: optional(positiveDuration),
  onDeadline: optional(oneOf(...ON_DEADLINE)),
  default: optional(json),
});

/** `notify` of a fleet or an agent. */
export const notifySpec = list(
  object({
    url,
    secret: optional(secretReference),
    events: optional(list(matching(EVENT_PATTERN, 'a kind of event such as agent.offline'), FLEET_LIMITS.items)),
  }),
  FLEET_LIMITS.items,
);
