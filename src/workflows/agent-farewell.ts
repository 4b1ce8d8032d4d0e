/** Tells the fleet that an agent of it has ended for good, so that the next apply makes it anew. */
import { fleetSignals } from '../contract/messages';
import { RETIRE_REQUEST, fleetWorkflowId } from '../contract/names';
import type { AgentState } from '../rules/agent-state';
import type { Post } from './agent-post';

/** Once, when the resource is gone. A change that retires the agent knows already, and would be drowned in these. */
export async function sayFarewell({ fleet, agent, config, requests }: AgentState, post: Post): Promise<void> {
  if (requests.some(({ requestId }) => requestId.startsWith(RETIRE_REQUEST))) return;
  const { incarnation, key } = config;
  await post.send(fleetWorkflowId(fleet), fleetSignals.agentGone, { agent, incarnation, key });
}
