/** The identity of this agent, from the environment that Drover gives it. */
import { randomUUID } from 'node:crypto';
import { AGENT_ENV } from '../contract/protocol';
import { URL_PATTERN } from '../contract/values/patterns';

/** The identity of one instance of an agent. */
export interface AgentIdentity {
  readonly gateway: string;
  readonly fleet: string;
  readonly agent: string;
  readonly token: string;
  readonly instanceId: string;
  /** The session that Drover has kept; null: none. */
  readonly session: string | null;
  /** Whether the environment says that the agent polls. */
  readonly pull: boolean;
}

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the `DROVER_` variables. Only the instance may be missing: an agent that Drover did not
 * start makes its own.
 */
export function identityFrom(environment: Environment): AgentIdentity {
  const required = [AGENT_ENV.gateway, AGENT_ENV.fleet, AGENT_ENV.agent, AGENT_ENV.token];
  const missing = required.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new Error(
      `${missing.join(', ')} not set: start the agent with Drover, or set the variables yourself (docs/agents.md)`,
    );
  }
  const [gateway = '', fleet = '', agent = '', token = ''] = required.map((name) => environment[name]);
  if (!URL_PATTERN.test(gateway)) {
    throw new Error(
      `invalid ${AGENT_ENV.gateway} ${JSON.stringify(gateway)}: use an http or https URL without credentials`,
    );
  }
  return {
    gateway: gateway.replace(/\/+$/, ''),
    fleet,
    agent,
    token,
    instanceId: environment[AGENT_ENV.instance] || randomUUID(),
    session: environment[AGENT_ENV.session] ?? null,
    pull: environment[AGENT_ENV.pull] === '1',
  };
}
