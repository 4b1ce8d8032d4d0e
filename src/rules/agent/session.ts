/** The session of an agent: the last one that a reply or a beat has named. */
import { sessionProblem } from '../../contract/agent/session';
import type { TurnOutcome } from '../../contract/agent/turns';
import { invalid, isRecord, type Parser } from '../lib/parse';
import type { AgentState } from './state';

/** A session in a message or in a carried state. */
export const session: Parser<string> = (value, path) => {
  const problem = sessionProblem(value);
  return typeof value === 'string' && problem === null ? value : invalid(path, problem ?? 'expected a text');
};

/** The state with the session that was said; null forgets it, undefined changes nothing. */
export function withSession(state: AgentState, said: string | null | undefined): AgentState {
  if (said === undefined || said === (state.session ?? null)) return state;
  const { session: _former, ...rest } = state;
  return said === null ? rest : { ...rest, session: said };
}

/**
 * The session that a reply names. It counts even if the turn is asked again, so that the agent
 * goes on in the same session then. A value that cannot be one is ignored (lib/reply-extras.ts
 * warns).
 */
export function sessionIn(outcome: TurnOutcome): string | null | undefined {
  const said = 'reply' in outcome && isRecord(outcome.reply) ? outcome.reply['session'] : undefined;
  if (said === null) return null;
  return typeof said === 'string' && sessionProblem(said) === null ? said : undefined;
}

/** As the optional field of a message or a view: absent without a session. */
export function sessionField({ session: kept }: Pick<AgentState, 'session'>): { readonly session?: string } {
  return kept === undefined ? {} : { session: kept };
}
