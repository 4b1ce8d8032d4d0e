/**
 * The patterns and limits of the fleet file's fields, shared by the zod schemas and the parsers of
 * the sandbox.
 */

/**
 * A reference to a secret: `env:NAME` or `file:path`. The secret itself is never written in a file.
 */
export const SECRET_PATTERN = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\S[^\n]*)$/;

/** An http(s) URL without user and password. */
export const URL_PATTERN = /^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/;

/**
 * The name of an environment variable, without `__proto__`, which cannot be a plain key of an
 * object.
 */
export const VARIABLE_PATTERN = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The name of a variable that a worker passes on to an agent: not one of Drover's own, and not what
 * opens Temporal.
 */
export const PASSED_PATTERN = /^(?!__proto__$|DROVER_|TEMPORAL_)[A-Za-z_][A-Za-z0-9_]*$/;

/** The description of a name that is passed on, for errors. */
export const PASSED_EXPECTED =
  "the name of an environment variable; DROVER_ and TEMPORAL_ variables are the worker's own and are not passed on";

/** A memory limit in Docker's notation: bytes, or with `k`, `m` or `g`. */
export const MEMORY_PATTERN = /^[1-9][0-9]{0,14}[bkmg]?$/;

/**
 * One part of an image's path: lower case, its parts joined by `.`, `_`, `__` or any number of `-`.
 */
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
/**
 * A registry before the path: a host with a dot or a port, or `localhost`; an IPv6 address in
 * brackets.
 */
const REGISTRY =
  '(?:(?:[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+|localhost)(?::[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{1,5}|\\[[0-9A-Fa-f:]+\\](?::[0-9]{1,5})?)';

/**
 * The name of an image as container engines read it: `[registry/]path[:tag][@digest]`, or its id.
 */
export const IMAGE_PATTERN = new RegExp(
  `^(?=.{1,500}$)(?:${REGISTRY}/)?${PATH_PART}(?:/${PATH_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,128})?$`,
);

/** The description of a valid image name, for errors. */
export const IMAGE_EXPECTED =
  'the name of an image such as registry.example.com/team/agent:1.2, its path in lower case';

/** A kind of event, such as `agent.offline`. */
export const EVENT_PATTERN = /^[a-z]+(?:\.[a-z]+)+$/;

/** The id of a key that signs specifications, and a signature: see client/spec-keys.ts. */
export const KEY_ID_PATTERN = /^[0-9a-f]{16}$/;
/** A signature of a specification: see client/spec-keys.ts. */
export const HMAC_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** The limits of the fleet file, so that one workflow can carry it. */
export const FLEET_LIMITS = {
  /** Agents of one fleet. */
  agents: 1_000,
  /** Characters of any one text. */
  text: 10_000,
  /** Items of a list, or variables of one agent. */
  items: 1_000,
  /** Agents that a change works on at a time, and turns of one agent at a time. */
  parallel: 1_000,
  /** Attempts of one turn, and crashes during one turn. */
  attempts: 1_000,
  /** Turns waiting for one agent. */
  queue: 100_000,
} as const;

/** The highest `count` of one failure message; it exceeds what a pool keeps for one credential. */
export const MOST_ALIKE = 100_000;

/**
 * The most characters of a request id, because continue-as-new carries the last 1,000 of an entity.
 */
export const REQUEST_ID_LENGTH = 200;

/**
 * The default limit of calls per agent and minute: a beat every 5 s makes 12, one every 100 ms
 * makes 600.
 */
export const AGENT_CALLS_PER_MINUTE = 600;
