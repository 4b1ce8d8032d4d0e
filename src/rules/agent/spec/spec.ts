/**
 * Parses an agent's specification in the sandbox. At the edges, the zod schema of the fleet file
 * does the same.
 */
import { PROVIDERS, RESTART_ON, RETRY_REASONS, type AgentSpec } from '../../../contract/agent';
import { misleadingVariable } from '../../../contract/agent/references';
import {
  LABEL_KEY_EXPECTED,
  LABEL_KEY_PATTERN,
  LABEL_VALUE_EXPECTED,
  LABEL_VALUE_PATTERN,
  MOST_LABELS,
} from '../../../contract/agent/labels';
import {
  FLEET_LIMITS,
  HMAC_PATTERN,
  IMAGE_EXPECTED,
  IMAGE_PATTERN,
  KEY_ID_PATTERN,
  MEMORY_PATTERN,
  PASSED_EXPECTED,
  PASSED_PATTERN,
  VARIABLE_PATTERN,
} from '../../../contract/values/patterns';
import type { Problem } from '../../lib/problem';
import { adapterProblems, adapterSpec } from './adapter';
import {
  boundedDuration,
  filled,
  filledList,
  matching,
  notifySpec,
  positiveDuration,
  secretReference,
  url,
} from '../../lib/fields';
import {
  boolean,
  integer,
  invalid,
  isRecord,
  list,
  name,
  number,
  object,
  oneOf,
  optional,
  type Parser,
  text,
} from '../../lib/parse';

const variableValue: Parser<string> = (value, path) => {
  const given = text(FLEET_LIMITS.text)(value, path);
  const problem = misleadingVariable(given);
  return problem === null ? given : invalid(path, problem);
};

const environment: Parser<Record<string, string>> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected an object of variables');
  const entries = Object.entries(value);
  if (entries.length > FLEET_LIMITS.items) return invalid(path, `more than ${String(FLEET_LIMITS.items)} variables`);
  return Object.fromEntries(
    entries.map(([variable, content]) => {
      if (!VARIABLE_PATTERN.test(variable))
        invalid(`${path}.${variable}`, 'is not a valid name of an environment variable');
      return [variable, variableValue(content, `${path}.${variable}`)];
    }),
  );
};

const labels: Parser<Record<string, string>> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected an object of labels');
  const entries = Object.entries(value);
  if (entries.length > MOST_LABELS) return invalid(path, `more than ${String(MOST_LABELS)} labels`);
  return Object.fromEntries(
    entries.map(([key, word]) => {
      if (!LABEL_KEY_PATTERN.test(key)) invalid(`${path}.${key}`, LABEL_KEY_EXPECTED);
      return [key, matching(LABEL_VALUE_PATTERN, LABEL_VALUE_EXPECTED)(word, `${path}.${key}`)];
    }),
  );
};

const passEnv = optional(list(matching(PASSED_PATTERN, PASSED_EXPECTED), FLEET_LIMITS.items));

const process = object({
  command: optional(filledList(filled)),
  cwd: optional(filled),
  env: optional(environment),
  passEnv,
});

const docker = object({
  image: matching(IMAGE_PATTERN, IMAGE_EXPECTED),
  command: optional(filledList(filled)),
  env: optional(environment),
  passEnv,
  network: optional(filled),
  memory: optional(matching(MEMORY_PATTERN, 'an amount of memory such as 512m')),
  cpus: optional(number(0.01, 1_024)),
});

const external = object({
  create: optional(url),
  wake: optional(url),
  destroy: optional(url),
  secret: optional(secretReference),
});

const backoff = object({ initial: optional(positiveDuration), max: optional(positiveDuration) });

const turns = object({
  maxParallel: optional(integer(1, FLEET_LIMITS.parallel)),
  queue: optional(integer(0, FLEET_LIMITS.queue)),
  timeout: optional(positiveDuration),
  unavailableTimeout: optional(boundedDuration),
  crashLimit: optional(integer(1, FLEET_LIMITS.attempts)),
  retry: optional(
    object({
      attempts: optional(integer(1, FLEET_LIMITS.attempts)),
      backoff: optional(backoff),
      on: optional(list(oneOf(...RETRY_REASONS), RETRY_REASONS.length)),
    }),
  ),
});

/** `liveness` of a fleet or an agent. */
export const livenessSpec = object({
  heartbeatEvery: optional(positiveDuration),
  staleAfter: optional(positiveDuration),
  startupGrace: optional(boundedDuration),
  readyTimeout: optional(positiveDuration),
  healthCheck: optional(
    object({
      every: optional(positiveDuration),
      timeout: optional(positiveDuration),
      failures: optional(integer(1, 1_000)),
      debounce: optional(boundedDuration),
    }),
  ),
});

/** `restart` of a fleet or an agent. */
export const restartSpec = object({
  on: optional(oneOf(...RESTART_ON)),
  maxAttempts: optional(integer(0, 1_000)),
  window: optional(positiveDuration),
  backoff: optional(backoff),
});

/**
 * The fields that say how an agent receives its credential. A pool and an agent's `subscription`
 * share them.
 */
export const applicationFields = {
  inject: optional(object({ env: matching(VARIABLE_PATTERN, 'the name of an environment variable') })),
  autoSwitch: optional(boolean),
  drainTimeout: optional(boundedDuration),
  apply: optional(oneOf('hot', 'restart')),
} as const;

const subscription = object({ pool: name, ...applicationFields });

const signature = object({
  keyId: matching(KEY_ID_PATTERN, 'the id of a key, as drover sign writes it'),
  hmac: matching(HMAC_PATTERN, 'a signature, as drover sign writes it'),
});

const fields = object({
  name,
  provider: oneOf(...PROVIDERS),
  process: optional(process),
  docker: optional(docker),
  external: optional(external),
  adapter: optional(adapterSpec),
  turns: optional(turns),
  subscription: optional(subscription),
  replicas: optional(integer(0, FLEET_LIMITS.agents)),
  replicaOf: optional(name),
  notify: optional(notifySpec),
  liveness: optional(livenessSpec),
  restart: optional(restartSpec),
  keepSession: optional(boolean),
  labels: optional(labels),
  signature: optional(signature),
});

/** The specification without its signature. */
export function unsigned({ signature: _signature, ...spec }: AgentSpec): AgentSpec {
  return spec;
}

/** An agent's specification: one provider, and only the block of that provider. */
export const agentSpec: Parser<AgentSpec> = (value, path) => {
  const spec = fields(value, path);
  const [problem] = blockProblems(spec);
  return problem ? invalid([path, ...problem.path].join('.'), problem.message) : spec;
};

/** The providers that a fleet file may name; each has a block of its own name. */
export const FLEET_PROVIDERS = ['process', 'docker', 'external'] as const;

/**
 * An agent has only the block of its provider. `external` and an agent with an adapter may omit it;
 * `memory`, for tests, may have any.
 */
export function blockProblems(agent: unknown): Problem[] {
  if (!isRecord(agent)) return [];
  const provider = agent['provider'];
  if (typeof provider !== 'string' || provider === 'memory') return [];
  const blocks = FLEET_PROVIDERS.flatMap((block): Problem[] => {
    const given = agent[block] !== undefined;
    if (given && block !== provider) {
      return [{ path: [block], message: `does not belong to an agent of provider ${provider}`, atKey: true }];
    }
    const optional = block === 'external' || (block === 'process' && agent['adapter'] !== undefined);
    const missing = !given && block === provider && !optional;
    return missing ? [{ path: [], message: `an agent of provider ${block} needs "${block}"` }] : [];
  });
  return [...blocks, ...adapterProblems(agent)];
}
