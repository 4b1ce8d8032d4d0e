/** The environment of a started agent. */
import type { WakeCall } from '../contract/activities';
import type { AgentSpec } from '../contract/agent';
import { isReference, literalText, passedVariables, references, variablesOf } from '../contract/agent/references';
import { DroverError } from '../contract/errors';
import { type Finding, providerError } from './provider';
import { missingSecret, ownVariableProblem, refuseOwnVariable, resolveSecret, type SecretEnvironment } from './secrets';
import { useToken } from './secrets-in-use';
import { agentToken } from '../contract/agent/token';
import { AGENT_ENV } from '../contract/protocol';

/** The gateway's URL for agents, and the secret from which their tokens are derived. */
export interface AgentAccess {
  readonly gatewayUrl: string;
  readonly agentSecret: string;
}

/**
 * The variables of one instance: those that the worker passes on, those of its file with every
 * reference resolved, its credential, and the `DROVER_` variables.
 */
export async function instanceVariables(
  call: WakeCall,
  access: AgentAccess,
  environment: SecretEnvironment,
): Promise<Record<string, string>> {
  return {
    ...passedOn(call.spec, environment),
    ...(await ownVariables(call.spec, environment)),
    ...(await credentialVariables(call, environment)),
    ...droverVariables(call, access),
  };
}

/** A variable that the worker does not have is left out, as in a shell. */
function passedOn(spec: AgentSpec, environment: SecretEnvironment): Record<string, string> {
  const passed = passedVariables(spec).flatMap((name) => {
    refuseOwnVariable(name);
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(passed);
}

async function ownVariables(spec: AgentSpec, environment: SecretEnvironment): Promise<Record<string, string>> {
  const resolved = Object.entries(variablesOf(spec)).map(
    async ([name, value]) => [name, await variableText(name, value, environment)] as const,
  );
  return Object.fromEntries(await Promise.all(resolved));
}

/** The variables of an agent's file that do not resolve here, each with what to do. */
export async function variableFindings(spec: AgentSpec, environment: SecretEnvironment): Promise<Finding[]> {
  const block = spec.process ? 'process' : 'docker';
  const own = references(spec).filter(({ path }) => path.startsWith(`${block}.env.`) || path === 'adapter.a2a.secret');
  const found = own.map(async ({ path, reference }) => ({
    field: path,
    why: await missingSecret(reference, environment),
  }));
  const passed = passedVariables(spec).map((name) => ({ field: `${block}.passEnv`, why: ownVariableProblem(name) }));
  return [...(await Promise.all(found)), ...passed].flatMap(({ field, why }) => (why === null ? [] : [{ field, why }]));
}

async function variableText(name: string, value: string, environment: SecretEnvironment): Promise<string> {
  if (!isReference(value)) return literalText(value);
  try {
    return await resolveSecret(value, environment);
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    throw providerError(`variable ${name}: ${error.message}`, { ...error.details, cause: error });
  }
}

/** The secret of its subscription, which is resolved only here. */
async function credentialVariables(call: WakeCall, environment: SecretEnvironment): Promise<Record<string, string>> {
  const { inject } = call.spec.subscription ?? {};
  if (inject === undefined || call.subscription === null) return {};
  return { [inject.env]: await resolveSecret(call.subscription.secret, environment) };
}

function droverVariables(call: WakeCall, access: AgentAccess): Record<string, string> {
  const { subscription, session } = call;
  return {
    [AGENT_ENV.gateway]: access.gatewayUrl,
    [AGENT_ENV.fleet]: call.fleet,
    [AGENT_ENV.agent]: call.agent,
    [AGENT_ENV.token]: useToken(agentToken(access.agentSecret, call.fleet, call.agent)),
    [AGENT_ENV.instance]: call.instanceId,
    [AGENT_ENV.key]: call.key,
    ...(subscription === null ? {} : { [AGENT_ENV.assignment]: String(subscription.assignment) }),
    ...(session === undefined ? {} : { [AGENT_ENV.session]: session }),
  };
}
