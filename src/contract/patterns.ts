/** The patterns of the fleet file's fields: the zod schemas of the edges and the parsers of the sandbox use the same ones. */

/** A reference to a secret: `env:NAME` or `file:path`. The secret itself is never written in a file. */
export const SECRET_PATTERN = /^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\S[^\n]*)$/;

/** An http(s) URL without user and password in it. */
export const URL_PATTERN = /^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/;

/** The name of an environment variable; `__proto__` is none, because as a key of an object it would not be one. */
export const VARIABLE_PATTERN = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/;

/** A limit of memory after Docker: bytes, or with `k`, `m` or `g`. */
export const MEMORY_PATTERN = /^[1-9][0-9]{0,14}[bkmg]?$/;

/** One part of an image's path: lower case, its parts joined by `.`, `_`, `__` or any number of `-`. */
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
/** A registry before the path: a host with a dot or a port, or `localhost`; an IPv6 address in brackets. */
const REGISTRY =
  '(?:(?:[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+|localhost)(?::[0-9]{1,5})?|[A-Za-z0-9-]+:[0-9]{1,5}|\\[[0-9A-Fa-f:]+\\](?::[0-9]{1,5})?)';

/** The name of an image as container engines read it: `[registry/]path[:tag][@digest]`, or its id. */
export const IMAGE_PATTERN = new RegExp(
  `^(?=.{1,500}$)(?:${REGISTRY}/)?${PATH_PART}(?:/${PATH_PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,128})?$`,
);

/** What is said of another one. */
export const IMAGE_EXPECTED =
  'the name of an image such as registry.example.com/team/agent:1.2, its path in lower case';

/** A kind of event, such as `agent.offline`. */
export const EVENT_PATTERN = /^[a-z]+(?:\.[a-z]+)+$/;

/** The id of a key that signs specifications, and a signature: see client/spec-keys.ts. */
export const KEY_ID_PATTERN = /^[0-9a-f]{16}$/;
export const HMAC_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** Upper bounds of the fleet file: what one workflow can carry, with room to spare. */
export const FLEET_LIMITS = {
  /** Agents of one fleet. */
  agents: 1_000,
  /** Characters of any one text. */
  text: 10_000,
  /** Items of a list, or variables of one agent. */
  items: 1_000,
  /** Agents worked on at a time, and turns of one agent at a time. */
  parallel: 1_000,
  /** Turns waiting for one agent. */
  queue: 100_000,
} as const;

/** The most failures that one message can stand for: more than a pool remembers of one credential. */
export const MOST_ALIKE = 100_000;

/** Characters of a request id: an entity carries its last 1,000 along. */
export const REQUEST_ID_LENGTH = 200;

/** Calls that one agent may make in a minute with its token: one that beats every 5 s makes 12, one that beats every 100 ms 600. */
export const AGENT_CALLS_PER_MINUTE = 600;
