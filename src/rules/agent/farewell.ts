/** The message by which an agent reports its end to its fleet. */
import type { AgentGone, UsageLeft } from '../../contract/fleet';
import { DIRECT_INCARNATION, RETIRE_REQUEST } from '../../contract/names';
import type { AgentState } from './state';

/**
 * The message, or null for an agent without a fleet, and if the fleet itself has asked for the end
 * and waits for it.
 */
export function goodbyeMessage({ agent, config, requests }: AgentState): AgentGone | null {
  const { incarnation, key } = config;
  const isRetired = requests.some(({ requestId }) => requestId.startsWith(RETIRE_REQUEST));
  return incarnation === DIRECT_INCARNATION || isRetired ? null : { agent, incarnation, key };
}

/** The usage that the agent leaves to the sum of its fleet, or null if it has no fleet or reported nothing. */
export function usageMessage({ agent, config, usage }: AgentState): UsageLeft | null {
  const { incarnation, key } = config;
  return usage === undefined || incarnation === DIRECT_INCARNATION ? null : { agent, key, usage };
}
