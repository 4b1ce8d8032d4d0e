/** What a started agent finds in its environment. */
import type { WakeCall } from '../contract/activities';
import { resolveSecret, type SecretEnvironment } from './secrets';
import { useToken } from './secrets-in-use';
import { agentToken } from '../contract/agent/token';
import { AGENT_ENV } from '../contract/protocol';

/** Where agents find the gateway, and the secret their tokens are derived from. */
export interface AgentAccess {
  readonly gatewayUrl: string;
  readonly agentSecret: string;
}

/** All that Drover adds to the environment of one instance: its credential, and the `DROVER_` variables. */
export async function instanceVariables(
  call: WakeCall,
  access: AgentAccess,
  environment: SecretEnvironment,
): Promise<Record<string, string>> {
  return { ...(await credentialVariables(call, environment)), ...droverVariables(call, access) };
}

/** The secret of its subscription, resolved here and nowhere before. */
async function credentialVariables(call: WakeCall, environment: SecretEnvironment): Promise<Record<string, string>> {
  const { inject } = call.spec.subscription ?? {};
  if (inject === undefined || call.subscription === null) return {};
  return { [inject.env]: await resolveSecret(call.subscription.secret, environment) };
}

function droverVariables(call: WakeCall, access: AgentAccess): Record<string, string> {
  const { subscription } = call;
  return {
    [AGENT_ENV.gateway]: access.gatewayUrl,
    [AGENT_ENV.fleet]: call.fleet,
    [AGENT_ENV.agent]: call.agent,
    [AGENT_ENV.token]: useToken(agentToken(access.agentSecret, call.fleet, call.agent)),
    [AGENT_ENV.instance]: call.instanceId,
    [AGENT_ENV.key]: call.key,
    ...(subscription === null ? {} : { [AGENT_ENV.assignment]: String(subscription.assignment) }),
  };
}
