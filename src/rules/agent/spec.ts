/**
 * Parses an agent's specification in the sandbox. At the edges, the zod schema of the fleet file
 * does the same.
 */
import type { AgentSpec } from '../../contract/agent';
import type { Duration } from '../../contract/duration';
import {
  EVENT_PATTERN,
  FLEET_LIMITS,
  HMAC_PATTERN,
  IMAGE_EXPECTED,
  IMAGE_PATTERN,
  KEY_ID_PATTERN,
  MEMORY_PATTERN,
  SECRET_PATTERN,
  URL_PATTERN,
  VARIABLE_PATTERN,
} from '../../contract/patterns';
import { durationMs, LONGEST_DURATION_MS } from '../lib/duration';
import { blockProblems } from '../fleet/check';
import {
  boolean,
  duration,
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
} from '../lib/parse';

/** A text that matches a pattern; the error says `expected <what>`. */
export function matching(pattern: RegExp, what: string): Parser<string> {
  const anyText = text(FLEET_LIMITS.text);
  return (value, path) => {
    const given = anyText(value, path);
    return pattern.test(given) ? given : invalid(path, `expected ${what}`);
  };
}

/** `env:NAME` or `file:path`. */
export const secretReference = matching(SECRET_PATTERN, 'a reference such as env:NAME or file:path');
/** An http(s) URL. */
export const url = matching(URL_PATTERN, 'an http or https URL without credentials');

const filled: Parser<string> = (value, path) => {
  const given = text(FLEET_LIMITS.text)(value, path);
  return given === '' ? invalid(path, 'is empty') : given;
};

/** A duration from 0 to 30 days. */
export const boundedDuration: Parser<Duration> = (value, path) => {
  const given = duration(value, path);
  return (durationMs(given) ?? 0) <= LONGEST_DURATION_MS ? given : invalid(path, 'is longer than 720h');
};

/** A duration above 0, up to 30 days. */
export const positiveDuration: Parser<Duration> = (value, path) => {
  const given = boundedDuration(value, path);
  return durationMs(given) === 0 ? invalid(path, 'must be longer than 0') : given;
};

/** A list with at least one item. */
export function filledList<T>(parser: Parser<T>, max: number = FLEET_LIMITS.items): Parser<T[]> {
  const items = list(parser, max);
  return (value, path) => {
    const given = items(value, path);
    return given.length === 0 ? invalid(path, 'needs at least one item') : given;
  };
}

const environment: Parser<Record<string, string>> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected an object of variables');
  const entries = Object.entries(value);
  if (entries.length > FLEET_LIMITS.items) return invalid(path, `more than ${String(FLEET_LIMITS.items)} variables`);
  return Object.fromEntries(
    entries.map(([variable, content]) => {
      if (!VARIABLE_PATTERN.test(variable))
        invalid(`${path}.${variable}`, 'is not a valid name of an environment variable');
      return [variable, text(FLEET_LIMITS.text)(content, `${path}.${variable}`)];
    }),
  );
};

const process = object({
  command: filledList(filled),
  cwd: optional(filled),
  env: optional(environment),
});

const docker = object({
  image: matching(IMAGE_PATTERN, IMAGE_EXPECTED),
  command: optional(filledList(filled)),
  env: optional(environment),
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

const turns = object({
  maxParallel: optional(integer(1, FLEET_LIMITS.parallel)),
  queue: optional(integer(0, FLEET_LIMITS.queue)),
  timeout: optional(positiveDuration),
  unavailableTimeout: optional(boundedDuration),
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
  on: optional(oneOf('never', 'failure', 'always')),
  maxAttempts: optional(integer(0, 1_000)),
  window: optional(positiveDuration),
  backoff: optional(object({ initial: optional(positiveDuration), max: optional(positiveDuration) })),
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

/** `notify` of a fleet or an agent. */
export const notifySpec = list(
  object({
    url,
    secret: optional(secretReference),
    events: optional(list(matching(EVENT_PATTERN, 'a kind of event such as agent.offline'), FLEET_LIMITS.items)),
  }),
  FLEET_LIMITS.items,
);

const signature = object({
  keyId: matching(KEY_ID_PATTERN, 'the id of a key, as drover sign writes it'),
  hmac: matching(HMAC_PATTERN, 'a signature, as drover sign writes it'),
});

const fields = object({
  name,
  provider: oneOf('process', 'docker', 'external', 'memory'),
  process: optional(process),
  docker: optional(docker),
  external: optional(external),
  turns: optional(turns),
  subscription: optional(subscription),
  notify: optional(notifySpec),
  liveness: optional(livenessSpec),
  restart: optional(restartSpec),
  signature: optional(signature),
});

/** The specification without its signature: what it says, whoever vouches for it. */
export function unsigned({ signature: _signature, ...spec }: AgentSpec): AgentSpec {
  return spec;
}

/** An agent's specification: one provider, and only the block of that provider. */
export const agentSpec: Parser<AgentSpec> = (value, path) => {
  const spec = fields(value, path);
  const [problem] = blockProblems(spec);
  return problem ? invalid([path, ...problem.path].join('.'), problem.message) : spec;
};
