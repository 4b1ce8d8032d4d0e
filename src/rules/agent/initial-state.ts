/** The initial state of a run of an agent's workflow. */
import { parseAgentInput } from './messages';
import { type AgentState, newAgent } from './state';
import { carriedLike } from '../lib/carried';
import { invalid, isRecord, oneOf } from '../lib/parse';
import { agentSettings } from './settings';

/**
 * The state of a new agent, or the one carried over by continue-as-new. Throws `InvalidRequest` for
 * any other input.
 */
export function initialState(input: unknown): AgentState {
  if (!isRecord(input) || !('state' in input)) return newAgent(parseAgentInput(input));
  const { v, state } = input;
  if (v !== 1 || !isRecord(state) || state['v'] !== 1) return invalid('input.state', 'expected the state of version 1');
  const { fleet, agent, config, holds } = state;
  const known = parseAgentInput({ ...(isRecord(config) ? config : {}), v: 1, fleet, agent, holds });
  const carried = carriedLike(newAgent(known), { ...state, settings: agentSettings(known.spec) }, 'input.state');
  oneOf('pending', 'running', 'paused', 'stopped', 'failed', 'terminated')(carried.status, 'input.state.status');
  return carried;
}
