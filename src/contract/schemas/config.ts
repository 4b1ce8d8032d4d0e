/** The settings of worker and gateway as environment variables, with their schemas. */
import { z } from 'zod';
import { DroverError } from '../errors';
import { DEFAULT_QUEUE_PREFIX, NAME_PATTERN } from '../names';
import { AGENT_CALLS_PER_MINUTE } from '../values/patterns';
import { SPEC_SECRET_EXPECTED, SPEC_SECRET_PATTERN, specSecretsIn } from '../agent/spec-secret';
import { readBy } from './reading';

const text = z.string().min(1, 'is empty');
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `expected a whole number from ${String(min)} to ${String(max)}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a whole number from ${String(min)} to ${String(max)}`);

/** The least characters of a secret; a shorter one can be guessed. */
const SECRET_LENGTH = 16;
const secret = z
  .string()
  .min(SECRET_LENGTH, `is shorter than ${String(SECRET_LENGTH)} characters`)
  .regex(/^\S+$/, 'has a space in it');

/** At least one secret, each of them long enough to sign with. */
const specSecrets = z
  .string()
  .transform(specSecretsIn)
  .pipe(z.array(z.string().regex(SPEC_SECRET_PATTERN, SPEC_SECRET_EXPECTED)));

/**
 * The variables by name. An unset variable has its default, or the value in the state directory.
 */
export const configSchema = z.object({
  /** The prefix of every task queue; installations in the same namespace need different ones. */
  DROVER_QUEUE_PREFIX: z
    .string()
    .regex(NAME_PATTERN, 'expected letters, digits, "-" or "_", starting with a letter')
    .default(DEFAULT_QUEUE_PREFIX),
  /** The directory of ports, tokens, logs of process agents and the embedded server's database. */
  DROVER_STATE_DIR: text.default('.drover'),
  /**
   * The address at which the gateway listens. Any address but loopback needs TLS in front of it.
   */
  DROVER_GATEWAY_HOST: text.default('127.0.0.1'),
  DROVER_GATEWAY_PORT: whole(0, 65_535).optional(),
  /** The gateway's URL for agents, where it differs from host and port. */
  DROVER_GATEWAY_URL: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
  /** Where workers reach this gateway alone, for agents that poll it; by default its URL for agents. */
  DROVER_GATEWAY_SELF_URL: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
  /**
   * Names by which the gateway is called, beside `localhost`, addresses and the host of its URL,
   * separated by commas.
   */
  DROVER_GATEWAY_NAMES: z
    .string()
    .transform((names) => names.split(',').map((name) => name.trim().toLowerCase()))
    .pipe(z.array(z.string().regex(/^[a-z0-9._-]+$/, 'expected host names such as drover.example.com')))
    .optional(),
  /** Where people open Temporal's Web UI, for the links of the dashboard; known by itself under `drover up`. */
  DROVER_TEMPORAL_UI_URL: z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional(),
  /** The file of named tokens (docs/security.md, "Roles"); by default `tokens.yaml` in the state directory. */
  DROVER_TOKENS_FILE: text.optional(),
  /** The tokens of admins, separated by commas; by default the one in the state directory. */
  DROVER_OPERATOR_TOKENS: z
    .string()
    .transform((tokens) => tokens.split(',').map((token) => token.trim()))
    .pipe(z.array(secret))
    .optional(),
  /** The secret from which every agent's token is derived; worker and gateway need the same one. */
  DROVER_AGENT_SECRET: secret.optional(),
  /**
   * The secrets that sign the specifications of process and docker agents, separated by commas. The
   * first one signs, any of them verifies. Worker, gateway and CLI need the same ones.
   */
  DROVER_SPEC_SECRET: specSecrets.optional(),
  /** The most calls per minute with an agent's own token; the gateway answers more with 429. */
  DROVER_AGENT_CALLS_PER_MINUTE: whole(1, 1_000_000).default(AGENT_CALLS_PER_MINUTE),
  /**
   * Distinguishes the resources of this installation from others on the same machine or container
   * engine.
   */
  DROVER_INSTALLATION: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, 'expected letters, digits and "-"')
    .optional(),
  /**
   * The name of this worker's machine, under which it finds its process agents again: unique and
   * stable.
   */
  DROVER_HOST: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'expected letters, digits, ".", "_" and "-"')
    .optional(),
  /**
   * The allowed hosts of endpoints and `external` services, separated by commas; by default all but
   * link-local ones.
   */
  DROVER_ALLOWED_HOSTS: z
    .string()
    .transform((hosts) => hosts.split(',').map((host) => host.trim()))
    .pipe(
      z.array(
        z.string().regex(/^(?:\*\.)?[A-Za-z0-9._:-]+$/, 'expected host names such as a.example.com or *.example.com'),
      ),
    )
    .optional(),
  /**
   * The references that a worker resolves for agents, services and webhooks beside the approved
   * ones, separated by commas: `env:NAME`, `env:PREFIX*`, `file:/path` of a file or of a folder.
   */
  DROVER_REFERENCES: z
    .string()
    .transform((references) => references.split(',').map((reference) => reference.trim()))
    .pipe(
      z.array(
        z
          .string()
          .regex(
            /^(?:env:(?:[A-Za-z_][A-Za-z0-9_]*)?\*?|file:\/.*)$/,
            'expected env:NAME, env:PREFIX*, or file: with the absolute path of a file or a folder',
          )
          .refine((reference) => reference !== 'env:', 'expected the name of a variable after env:'),
      ),
    )
    .default([]),
  DROVER_LOG_LEVEL: z.enum(['error', 'warn', 'info', 'debug']).default('warn'),
  /** The address of a worker's metrics for Prometheus. */
  DROVER_METRICS_HOST: text.default('127.0.0.1'),
  /** The port of a worker's metrics, Temporal's and Drover's; without it they are not served. */
  DROVER_METRICS_PORT: whole(1, 65_535).optional(),
  /** The most workflows that a worker caches, at about 1 MB each. */
  DROVER_MAX_CACHED_WORKFLOWS: whole(0, 100_000).default(500),
  /** The most turns that a worker runs at once. */
  DROVER_TURN_SLOTS: whole(1, 100_000).default(1_000),
});

/** The settings of worker and gateway. An undefined setting comes from the state directory. */
export interface Config {
  readonly queuePrefix: string;
  /** As given; a relative path starts at the working directory. */
  readonly stateDir: string;
  readonly gateway: {
    readonly host: string;
    readonly port: number | undefined;
    readonly url: string | undefined;
    readonly selfUrl: string | undefined;
  };
  readonly gatewayNames: readonly string[] | undefined;
  readonly temporalUi: string | undefined;
  readonly tokensFile: string | undefined;
  readonly operatorTokens: readonly string[] | undefined;
  readonly agentSecret: string | undefined;
  readonly specSecrets: readonly string[] | undefined;
  readonly agentCallsPerMinute: number;
  readonly installation: string | undefined;
  readonly host: string | undefined;
  readonly allowedHosts: readonly string[] | undefined;
  readonly references: readonly string[];
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Where a worker serves its metrics; undefined: nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly maxCachedWorkflows: number;
  readonly turnSlots: number;
}

/**
 * Parses every setting. Throws `InvalidRequest` that names each invalid variable and its expected
 * value.
 */
export function parseConfig(env: Readonly<Record<string, string>>): Config {
  const parsed = readBy(configSchema, env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`);
    throw new DroverError('InvalidRequest', `wrong settings in the environment:\n  ${problems.join('\n  ')}`, {
      problems,
    });
  }
  const variables = parsed.data;
  return {
    queuePrefix: variables.DROVER_QUEUE_PREFIX,
    stateDir: variables.DROVER_STATE_DIR,
    gateway: {
      host: variables.DROVER_GATEWAY_HOST,
      port: variables.DROVER_GATEWAY_PORT,
      url: variables.DROVER_GATEWAY_URL,
      selfUrl: variables.DROVER_GATEWAY_SELF_URL,
    },
    gatewayNames: variables.DROVER_GATEWAY_NAMES,
    temporalUi: variables.DROVER_TEMPORAL_UI_URL,
    tokensFile: variables.DROVER_TOKENS_FILE,
    operatorTokens: variables.DROVER_OPERATOR_TOKENS,
    agentSecret: variables.DROVER_AGENT_SECRET,
    specSecrets: variables.DROVER_SPEC_SECRET,
    agentCallsPerMinute: variables.DROVER_AGENT_CALLS_PER_MINUTE,
    installation: variables.DROVER_INSTALLATION,
    host: variables.DROVER_HOST,
    allowedHosts: variables.DROVER_ALLOWED_HOSTS,
    references: variables.DROVER_REFERENCES,
    logLevel: variables.DROVER_LOG_LEVEL,
    metrics:
      variables.DROVER_METRICS_PORT === undefined
        ? undefined
        : { host: variables.DROVER_METRICS_HOST, port: variables.DROVER_METRICS_PORT },
    maxCachedWorkflows: variables.DROVER_MAX_CACHED_WORKFLOWS,
    turnSlots: variables.DROVER_TURN_SLOTS,
  };
}
