/** The only reader of `process.env`, the agents' library apart. What each variable means: contract/schemas/config.ts. */
import { DroverError } from './contract/errors';
import type { Config } from './contract/schemas/config';
import type { StateDirectory } from './dev/state-dir';

/** Variables by name; one that is empty counts as not set. */
export type Environment = Readonly<Record<string, string>>;

/** The process's environment as it is now. */
export function environment(): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** Everything that worker and gateway need to know about the place they run in. */
export interface Settings extends Pick<
  Config,
  'queuePrefix' | 'logLevel' | 'maxCachedWorkflows' | 'turnSlots' | 'allowedHosts'
> {
  /** Absolute path of the state directory. */
  readonly stateDir: string;
  readonly installation: string;
  readonly host: string;
  readonly agentSecret: string;
  /** Undefined: no specification can be signed or checked here. */
  readonly specSecrets: readonly string[] | undefined;
  readonly agentCallsPerMinute: number;
  readonly operatorTokens: readonly string[];
  /** Where the gateway listens, and what agents are told to reach it at. */
  readonly gateway: { readonly host: string; readonly port: number; readonly url: string };
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);
/** Hosts that mean "every address", at which nobody can be called. */
const ANY_HOSTS = new Set(['0.0.0.0', '::']);

/** The configuration with what the state directory keeps filled in. */
export function resolveSettings(config: Config, state: StateDirectory): Settings {
  const { host, port = state.ports.gateway } = config.gateway;
  if (!LOOPBACK_HOSTS.has(host) && config.operatorTokens === undefined) {
    throw new DroverError(
      'InvalidRequest',
      `DROVER_GATEWAY_HOST is ${host}, which others can reach: set DROVER_OPERATOR_TOKENS too, or listen on 127.0.0.1`,
    );
  }
  const reachable = ANY_HOSTS.has(host) ? '127.0.0.1' : host;
  return {
    queuePrefix: config.queuePrefix,
    logLevel: config.logLevel,
    maxCachedWorkflows: config.maxCachedWorkflows,
    turnSlots: config.turnSlots,
    allowedHosts: config.allowedHosts,
    stateDir: state.path,
    installation: config.installation ?? state.installation,
    host: config.host ?? state.host,
    agentSecret: config.agentSecret ?? state.agentSecret,
    specSecrets: config.specSecrets ?? state.specSecrets,
    agentCallsPerMinute: config.agentCallsPerMinute,
    operatorTokens: config.operatorTokens ?? [state.token],
    gateway: {
      host,
      port,
      url: config.gateway.url ?? `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${String(port)}`,
    },
  };
}
