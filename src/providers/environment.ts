/** What a started agent finds in its environment. */
import type { WakeCall } from '../contract/activities';
import { agentToken } from '../contract/agent-token';
import { AGENT_ENV } from '../contract/protocol';

/** Where agents find the gateway, and the secret their tokens are derived from. */
export interface AgentAccess {
  readonly gatewayUrl: string;
  readonly agentSecret: string;
}

/** The `DROVER_` variables of one instance. */
export function droverVariables(call: WakeCall, access: AgentAccess): Record<string, string> {
  const { subscription } = call;
  return {
    [AGENT_ENV.gateway]: access.gatewayUrl,
    [AGENT_ENV.fleet]: call.fleet,
    [AGENT_ENV.agent]: call.agent,
    [AGENT_ENV.token]: agentToken(access.agentSecret, call.fleet, call.agent),
    [AGENT_ENV.instance]: call.instanceId,
    ...(subscription === null ? {} : { [AGENT_ENV.assignment]: String(subscription.assignment) }),
  };
}
