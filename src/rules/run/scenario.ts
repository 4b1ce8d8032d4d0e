/**
 * Parses scripts, scenarios and the input of a run in the sandbox. At the edges, zod schemas do the
 * same.
 */
import { NAME_PATTERN, NAME_RULE } from '../../contract/names';
import type { RunInput, RunStart } from '../../contract/run';
import type { Scenario, Script, ScriptedAnswer, ScriptedReply } from '../../contract/run/script';
import { FLEET_LIMITS, REQUEST_ID_LENGTH } from '../../contract/values/patterns';
import { USER } from '../../contract/fleet/topology';
import { boundedDuration, inboxSpec, notifySpec } from '../lib/fields';
import { version } from '../lib/carried';
import { message } from '../lib/message';
import { originFields } from '../lib/origin';
import {
  boolean,
  integer,
  invalid,
  isRecord,
  json,
  list,
  name,
  object,
  oneOf,
  optional,
  type Parser,
  text,
} from '../lib/parse';
import { parseTopologySpec } from '../topology/parse';

const timing = { delay: optional(boundedDuration), repeat: optional(boolean) };

const answer: Parser<ScriptedAnswer> = object({ answer: json, ...timing });

/** A scripted reply. Only its shape is checked, because a script may test invalid replies. */
const reply: Parser<ScriptedReply> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected a reply such as {action: final, response: done}');
  const { action, delay, repeat, ...fields } = value;
  if (typeof action !== 'string') return invalid(`${path}.action`, 'expected an action: invoke, final, ask or fail');
  return {
    ...fields,
    action,
    ...(delay === undefined ? {} : { delay: boundedDuration(delay, `${path}.delay`) }),
    ...(repeat === undefined ? {} : { repeat: boolean(repeat, `${path}.repeat`) }),
  };
};

function inOrder<T extends { readonly repeat?: boolean }>(item: Parser<T>): Parser<T[]> {
  const items = list(item);
  return (value, path) => {
    const read = items(value, path);
    const early = read.slice(0, -1).findIndex(({ repeat }) => repeat === true);
    return early < 0 ? read : invalid(`${path}[${String(early)}].repeat`, 'only the last of the list can repeat');
  };
}
const replies = inOrder(reply);
const answers = inOrder(answer);

/** A script: replies by agent, and the human's answers under `User`. */
export const parseScript: Parser<Script> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected replies by agent');
  const entries = Object.entries(value).map(([agent, items]) => {
    if (!NAME_PATTERN.test(agent)) return invalid(path, `invalid name "${agent}": use ${NAME_RULE}`);
    return [agent, (agent === USER ? answers : replies)(items, `${path}.${agent}`)] as const;
  });
  return Object.fromEntries(entries);
};

/** Replicas by agent, as many as a fleet may have. */
const services: Parser<Record<string, number>> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected numbers of replicas by agent, such as {Worker: 3}');
  const entries = Object.entries(value).map(([agent, count]) => {
    if (!NAME_PATTERN.test(agent)) return invalid(path, `invalid name "${agent}": use ${NAME_RULE}`);
    return [agent, integer(0, FLEET_LIMITS.agents)(count, `${path}.${agent}`)] as const;
  });
  return Object.fromEntries(entries);
};

/** A scenario file as plain JSON. */
export const parseScenario: Parser<Scenario> = object({
  apiVersion: oneOf('drover/v1'),
  kind: oneOf('Scenario'),
  topology: parseTopologySpec,
  task: json,
  script: parseScript,
  replicas: optional(services),
});

/** The start argument of a `run` workflow. */
export const parseRunStart: Parser<RunStart> = message({
  v: version,
  fleet: name,
  run: name,
  task: json,
  topology: optional(parseTopologySpec),
  services: optional(services),
  script: optional(parseScript),
  trace: optional(boolean),
  notify: optional(notifySpec),
  inbox: optional(inboxSpec),
  requestId: optional(text(REQUEST_ID_LENGTH)),
  ...originFields,
  continueAfterEvents: optional(integer(1)),
  mostEvents: optional(integer(1)),
});

/** Whether the argument has all that the fleet would give. */
export function isWhole(start: RunStart): start is RunInput {
  return start.topology !== undefined;
}
