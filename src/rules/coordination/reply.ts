/**
 * Parses an agent's reply and checks it against that agent, which is an argument and never shared
 * state.
 */
import { type Invocation, MOST_INVOCATIONS, type TurnReply } from '../../contract/agent/turns';
import { DroverError } from '../../contract/errors';
import { UNDECODABLE } from '../../contract/values/json';
import { boundedText, ERROR_BYTES } from '../../contract/text';
import * as parse from '../lib/parse';
import { replyParts } from '../lib/turn/reply-extras';
import type { Topology } from '../topology/topology';

/** A valid reply, or why it is invalid. */
export type CheckedReply = { readonly reply: TurnReply } | { readonly invalid: string };

const undo = parse.optional(parse.json);

const invoke: parse.Parser<TurnReply> = parse.object({
  action: parse.oneOf('invoke'),
  invocations: parse.list(parse.object({ agent: parse.text(), request: parse.json })),
  undo,
});
const final: parse.Parser<TurnReply> = parse.object({ action: parse.oneOf('final'), response: parse.json, undo });
const ask: parse.Parser<TurnReply> = parse.object({
  action: parse.oneOf('ask'),
  question: parse.json,
  timeout: parse.optional(parse.duration),
  default: parse.optional(parse.json),
  undo,
});
/** An error of any length, shortened: a long one is a failure too. */
const error: parse.Parser<string> = (value, path) => boundedText(parse.text(Infinity)(value, path), ERROR_BYTES);
const fail: parse.Parser<TurnReply> = parse.object({ action: parse.oneOf('fail'), error, undo });
const ACTIONS = { invoke, final, ask, fail } as const;

/** Checks the reply of `replier`. An invocation of `User` alone becomes `ask`. */
export function checkReply(topology: Topology, replier: string, reply: unknown): CheckedReply {
  try {
    return { reply: checkAllowed(topology, replier, readReply(reply)) };
  } catch (error) {
    if (error instanceof DroverError) return { invalid: error.message };
    throw error;
  }
}

/** The nodes that `agent` may invoke, in the order of the flows. */
export function mayInvoke(topology: Topology, agent: string): readonly string[] {
  return topology.successors[agent] ?? [];
}

function readReply(reply: unknown): TurnReply {
  if (parse.isRecord(reply) && typeof reply[UNDECODABLE] === 'string') {
    throw new DroverError('InvalidRequest', reply[UNDECODABLE]);
  }
  if (!parse.isRecord(reply)) return parse.invalid('reply', 'expected a JSON object with an action');
  const action = parse.oneOf('invoke', 'final', 'ask', 'fail')(reply['action'], 'reply.action');
  return ACTIONS[action](replyParts(reply).bare, 'reply');
}

function checkAllowed(topology: Topology, replier: string, reply: TurnReply): TurnReply {
  if (reply.action === 'ask') {
    checkTargets(topology, replier, ['User']);
    return reply;
  }
  if (reply.action !== 'invoke') return reply;
  const targets = reply.invocations.map(({ agent }) => agent);
  if (targets.length === 0) return parse.invalid('reply.invocations', 'expected at least one');
  if (targets.length > MOST_INVOCATIONS) return tooMany(targets.length);
  checkTargets(topology, replier, targets);
  checkParallel(topology, replier, targets);
  if (!targets.includes('User')) return reply;
  return targets.length === 1
    ? toAsk(reply.invocations, reply.undo)
    : parse.invalid('reply.invocations', 'User cannot be invoked together with others');
}

function tooMany(count: number): never {
  const limit = `at most ${String(MOST_INVOCATIONS)} are allowed in one reply`;
  throw new DroverError('LimitReached', `LimitReached: reply.invocations: ${String(count)} entries, ${limit}`);
}

function checkTargets(topology: Topology, replier: string, targets: readonly string[]): void {
  const callable = new Set(mayInvoke(topology, replier));
  const refused = [...new Set(targets.filter((target) => !callable.has(target)))];
  if (refused.length > 0) {
    throw new DroverError('InvalidRequest', `Agent ${replier} cannot invoke: [${refused.join(', ')}]`);
  }
}

function checkParallel(topology: Topology, replier: string, targets: readonly string[]): void {
  for (const group of topology.rules.parallel) {
    const missing = group.filter((agent) => !targets.includes(agent));
    if (missing.length > 0 && missing.length < group.length) {
      throw new DroverError(
        'InvalidRequest',
        `parallel(${group.join(', ')}): Agent ${replier} must invoke all of them together, missing: [${missing.join(', ')}]`,
      );
    }
  }
}

function toAsk(invocations: readonly Invocation[], undoWith: unknown): TurnReply {
  const question = invocations[0]?.request ?? null;
  return undoWith === undefined ? { action: 'ask', question } : { action: 'ask', question, undo: undoWith };
}
