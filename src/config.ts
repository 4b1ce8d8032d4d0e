/**
 * The only reader of `process.env` besides the agent library. contract/schemas/config.ts describes
 * each variable.
 */
import { DroverError } from './contract/errors';
import type { Config } from './contract/schemas/config';
import type { StateDirectory } from './dev/state-dir';

/** Variables by name. An empty variable counts as not set. */
export type Environment = Readonly<Record<string, string>>;

/** The current environment of the process. */
export function environment(): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** Settings of worker and gateway. */
export interface Settings extends Pick<
  Config,
  | 'queuePrefix'
  | 'gatewayNames'
  | 'temporalUi'
  | 'tokensFile'
  | 'logLevel'
  | 'metrics'
  | 'maxCachedWorkflows'
  | 'turnSlots'
  | 'allowedHosts'
  | 'references'
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
  /** Where the gateway listens, its URL for agents, and where workers reach this one alone. */
  readonly gateway: { readonly host: string; readonly port: number; readonly url: string; readonly selfUrl: string };
}

const LOOPBACK_HOSTS = new Set(['127.0.0.1', '::1', 'localhost']);
/** Hosts that mean "every address". They cannot be part of a URL for agents. */
const ANY_HOSTS = new Set(['0.0.0.0', '::']);

/** Completes the configuration from the state directory. */
export function resolveSettings(config: Config, state: StateDirectory): Settings {
  const { host, port = state.ports.gateway } = config.gateway;
  if (!LOOPBACK_HOSTS.has(host) && config.operatorTokens === undefined && config.tokensFile === undefined) {
    throw new DroverError(
      'InvalidRequest',
      `DROVER_GATEWAY_HOST is ${host}, which other machines can reach: set DROVER_OPERATOR_TOKENS or DROVER_TOKENS_FILE too, or listen on 127.0.0.1`,
    );
  }
  const reachable = ANY_HOSTS.has(host) ? '127.0.0.1' : host;
  const url = config.gateway.url ?? `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${String(port)}`;
  return {
    queuePrefix: config.queuePrefix,
    gatewayNames: config.gatewayNames,
    temporalUi: config.temporalUi,
    tokensFile: config.tokensFile,
    logLevel: config.logLevel,
    metrics: config.metrics,
    maxCachedWorkflows: config.maxCachedWorkflows,
    turnSlots: config.turnSlots,
    allowedHosts: config.allowedHosts,
    references: config.references,
    stateDir: state.path,
    installation: config.installation ?? state.installation,
    host: config.host ?? state.host,
    agentSecret: config.agentSecret ?? state.agentSecret,
    specSecrets: config.specSecrets ?? state.specSecrets,
    agentCallsPerMinute: config.agentCallsPerMinute,
    operatorTokens: config.operatorTokens ?? [state.token],
    gateway: { host, port, url, selfUrl: config.gateway.selfUrl ?? url },
  };
}
