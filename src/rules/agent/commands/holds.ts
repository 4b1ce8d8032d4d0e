/** The commands that release holds, for people. */
import { FLEET_HOLD, OPERATOR_HOLD } from '../../../contract/names';
import { isSuspended } from '../lifecycle';
import type { AgentState } from '../state';

/**
 * The command that releases a hold of an agent. Only `resume` needs a flag to withdraw a pause that
 * is under way.
 */
export function releaseCommand(hold: string, state: AgentState): string {
  const name = `${state.fleet}/${state.agent}`;
  if (hold === OPERATOR_HOLD) return `drover resume ${name}${isSuspended(state) ? '' : ' --cancel-pending'}`;
  if (hold === FLEET_HOLD) return `drover resume --fleet ${state.fleet}`;
  return `drover release ${name} --hold ${hold}`;
}
