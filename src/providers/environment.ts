/** The environment of a started agent. */
import type { WakeCall } from '../contract/activities';
import { resolveSecret, type SecretEnvironment } from './secrets';
import { useToken } from './secrets-in-use';
import { agentToken } from '../contract/agent/token';
import { AGENT_ENV } from '../contract/protocol';

/** The gateway's URL for agents, and the secret from which their tokens are derived. */
export interface AgentAccess {
  readonly gatewayUrl: string;
  readonly agentSecret: string;
}

/**
 * The variables that Drover adds to the environment of one instance: its credential, and the
 * `DROVER_` variables.
 */
export async function instanceVariables(
  call: WakeCall,
  access: AgentAccess,
  environment: SecretEnvironment,
): Promise<Record<string, string>> {
  return { ...(await credentialVariables(call, environment)), ...droverVariables(call, access) };
}

/** The secret of its subscription, which is resolved only here. */
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
