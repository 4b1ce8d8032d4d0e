/** The four replies to a turn. */
import type { Invocation, TurnReply } from '../contract/agent/turns';

/**
 * Hands over to one agent (`invoke('B', request)`), or fans out to several (`invoke([{ agent: 'A',
 * request }, …])`).
 */
export function invoke(agent: string, request: unknown): TurnReply;
export function invoke(invocations: readonly Invocation[]): TurnReply;
export function invoke(target: string | readonly Invocation[], request?: unknown): TurnReply {
  return { action: 'invoke', invocations: typeof target === 'string' ? [{ agent: target, request }] : target };
}

/**
 * Ends this branch: the response goes to the agent that fanned it out; at the root it is the run's
 * answer.
 */
export function final(response: unknown): TurnReply {
  return { action: 'final', response };
}

/**
 * Asks the user. Without an answer within `timeout` (a duration such as `1h`), `default` is the
 * answer.
 */
export function ask(
  question: unknown,
  options: { readonly timeout?: string; readonly default?: unknown } = {},
): TurnReply {
  return { action: 'ask', question, ...options };
}

/** Fails this branch. */
export function fail(error: string): TurnReply {
  return { action: 'fail', error };
}
