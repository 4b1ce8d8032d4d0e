/** Who is to hear that an agent has ended. */
import type { AgentGone } from '../../contract/fleet';
import { DIRECT_INCARNATION, RETIRE_REQUEST } from '../../contract/names';
import type { AgentState } from './state';

/** What its fleet is told; null where there is none, or where the fleet has asked for the end and waits for it. */
export function tidingsFor({ agent, config, requests }: AgentState): AgentGone | null {
  const { incarnation, key } = config;
  const isRetired = requests.some(({ requestId }) => requestId.startsWith(RETIRE_REQUEST));
  return incarnation === DIRECT_INCARNATION || isRetired ? null : { agent, incarnation, key };
}
