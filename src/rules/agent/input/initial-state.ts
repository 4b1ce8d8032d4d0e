/** The initial state of a run of an agent's workflow. */
import { carriedIn, version } from '../../lib/carried';
import { parseAgentState } from './carried';
import { parseAgentInput } from '../messages';
import { type AgentState, newAgent } from '../state';

/**
 * The state of a new agent, or the one carried over by continue-as-new. Throws `InvalidRequest` for
 * any other input.
 */
export function initialState(input: unknown): AgentState {
  const carried = carriedIn(input);
  if (carried === undefined) return newAgent(parseAgentInput(input));
  version(carried.v, 'input.v');
  return parseAgentState(carried.state, 'input.state');
}
