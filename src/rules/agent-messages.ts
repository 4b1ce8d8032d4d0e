/** Reads every message that an agent's workflow takes, whoever sent it. Each parser throws `InvalidRequest` naming the field. */
import type {
  AgentCommand,
  AgentCommandOptions,
  AgentConfiguration,
  AgentInput,
  AgentSpec,
  CheckReported,
  Duration,
  Heartbeat,
  Hold,
} from '../contract/agent';
import type { TurnInput, TurnRef, TurnRequest, TurnRequested } from '../contract/turns';
import { durationMs } from './duration';
import * as parse from './parse';

/** Ids that others make: request ids, turn ids, workflow ids, keys. */
const id = parse.text(1_000);
const reason = parse.text(2_000);

/** The longest duration that a message may name: nothing of Drover lasts longer than a turn's outer bound, 30 days. */
const LONGEST_MS = 30 * 24 * 3_600_000;

const bounded: parse.Parser<Duration> = (value, path) => {
  const text = parse.duration(value, path);
  return (durationMs(text) ?? 0) <= LONGEST_MS ? text : parse.invalid(path, 'longer than 720h');
};

/** A duration of which something is repeated or waited for: not zero. */
const positive: parse.Parser<Duration> = (value, path) => {
  const text = bounded(value, path);
  return durationMs(text) === 0 ? parse.invalid(path, 'must be longer than 0') : text;
};

const requestId = parse.optional(id);
const mode = parse.optional(parse.oneOf('drain', 'freeze'));

const OPTIONS: { readonly [C in AgentCommand]: parse.Parser<AgentCommandOptions[C]> } = {
  pause: parse.object({
    hold: parse.optional(parse.name),
    reason: parse.optional(reason),
    mode,
    drainTimeout: parse.optional(bounded),
    requestId,
  }),
  resume: parse.object({ hold: parse.optional(parse.name), cancelPending: parse.optional(parse.boolean), requestId }),
  stop: parse.object({ grace: parse.optional(bounded), requestId }),
  start: parse.object({ requestId }),
  restart: parse.object({ reason: parse.optional(reason), mode, requestId }),
  terminate: parse.object({ requestId }),
  hold: parse.object({ hold: parse.name, reason: parse.optional(reason), requestId }),
  release: parse.object({ hold: parse.name, requestId }),
};

/** A command's options; no argument at all means the defaults. */
export function parseOptions<C extends AgentCommand>(command: C, argument: unknown): AgentCommandOptions[C] {
  return OPTIONS[command](argument ?? {}, command);
}

const endpoint: parse.Parser<string> = (value, path) => {
  const url = parse.text(2_000)(value, path);
  return /^https?:\/\/[^\s/]+/.test(url) ? url : parse.invalid(path, 'expected an http or https URL');
};

/** Signal `heartbeat`. */
export const parseHeartbeat: parse.Parser<Heartbeat> = parse.object({
  instanceId: id,
  seq: parse.optional(parse.integer()),
  status: parse.oneOf('starting', 'ready', 'degraded', 'stopping'),
  endpoint: parse.optional(endpoint),
  load: parse.optional(parse.number(0, Number.MAX_VALUE)),
});

const instant: parse.Parser<string> = (value, path) => {
  const text = parse.text(40)(value, path);
  return Number.isNaN(Date.parse(text)) ? parse.invalid(path, 'expected a time in ISO 8601') : text;
};

/** Signal `checkReported`. */
export const parseCheck: parse.Parser<CheckReported> = parse.object({
  instanceId: id,
  passed: parse.boolean,
  at: instant,
});

/** Signal `turnWithdrawn`. */
export const parseTurnRef: parse.Parser<TurnRef> = parse.object({ turnId: id });

const INPUT_KINDS = ['task', 'request', 'results', 'answer', 'invalid'] as const;

/** An input is the agent's to read: only that it is one of the kinds is checked here. */
const turnInput: parse.Parser<TurnInput> = (value, path) => {
  if (!parse.isRecord(value)) return parse.invalid(path, 'expected an object');
  parse.oneOf(...INPUT_KINDS)(value['kind'], `${path}.kind`);
  return value as TurnInput;
};

const turnRequest: parse.Parser<TurnRequest> = parse.object({
  turnId: id,
  run: id,
  branch: id,
  agent: parse.name,
  task: parse.json,
  input: turnInput,
  memory: parse.list(parse.object({ input: turnInput, reply: parse.json })),
  mayInvoke: parse.list(id),
  attempt: parse.integer(),
  subscription: parse.nullable(parse.object({ pool: parse.name, name: parse.name, assignment: parse.integer() })),
});

/** Signal `turnRequested`. */
export const parseTurnRequested: parse.Parser<TurnRequested> = parse.object({
  turnId: id,
  replyTo: id,
  request: turnRequest,
  timeoutMs: parse.optional(parse.integer(1, LONGEST_MS)),
});

const env = parse.optional(parse.record(parse.text(200_000)));
const words = parse.list(parse.text());

/** An agent's specification, as in the fleet file. */
export const parseAgentSpec: parse.Parser<AgentSpec> = parse.object({
  name: parse.name,
  provider: parse.oneOf('process', 'docker', 'external', 'memory'),
  process: parse.optional(parse.object({ command: words, cwd: parse.optional(parse.text()), env })),
  docker: parse.optional(
    parse.object({
      image: parse.text(),
      command: parse.optional(words),
      env,
      network: parse.optional(parse.text()),
      memory: parse.optional(parse.text(20)),
      cpus: parse.optional(parse.number(0, 10_000)),
    }),
  ),
  external: parse.optional(
    parse.object({
      create: parse.optional(parse.text()),
      wake: parse.optional(parse.text()),
      destroy: parse.optional(parse.text()),
      secret: parse.optional(parse.text()),
    }),
  ),
  turns: parse.optional(
    parse.object({
      maxParallel: parse.optional(parse.integer(1, 1_000)),
      queue: parse.optional(parse.integer(0, 100_000)),
      timeout: parse.optional(positive),
      unavailableTimeout: parse.optional(bounded),
    }),
  ),
  subscription: parse.optional(parse.object({ pool: parse.name })),
  liveness: parse.optional(
    parse.object({
      heartbeatEvery: parse.optional(positive),
      staleAfter: parse.optional(positive),
      startupGrace: parse.optional(bounded),
      readyTimeout: parse.optional(positive),
      healthCheck: parse.optional(
        parse.object({
          every: parse.optional(positive),
          timeout: parse.optional(positive),
          failures: parse.optional(parse.integer(1, 1_000)),
          debounce: parse.optional(bounded),
        }),
      ),
    }),
  ),
  restart: parse.optional(
    parse.object({
      on: parse.optional(parse.oneOf('never', 'failure', 'always')),
      maxAttempts: parse.optional(parse.integer(0, 1_000)),
      window: parse.optional(positive),
      backoff: parse.optional(parse.object({ initial: parse.optional(positive), max: parse.optional(positive) })),
    }),
  ),
});

const configurationFields = {
  incarnation: id,
  revision: parse.integer(),
  spec: parseAgentSpec,
  resourceId: parse.nullable(id),
  key: id,
  host: parse.optional(id),
  reportTo: parse.optional(id),
} as const;

/** Update `configure`. */
export const parseConfiguration: parse.Parser<AgentConfiguration> = parse.object(configurationFields);

const hold: parse.Parser<Hold> = parse.object({ name: parse.name, reason: parse.nullable(reason), since: instant });

const version: parse.Parser<1> = (value, path) => (value === 1 ? 1 : parse.invalid(path, 'expected 1'));

const input: parse.Parser<AgentInput> = parse.object({
  v: version,
  fleet: parse.name,
  agent: parse.name,
  ...configurationFields,
  holds: parse.list(hold),
  continueAfterEvents: parse.optional(parse.integer(1)),
});

/**
 * The input of an agent's first run. A service that starts an agent without a fleet gives `{v: 1, fleet, agent}` and what it
 * wants to differ from an `external` agent that nobody else owns.
 */
export function parseAgentInput(value: unknown): AgentInput {
  if (!parse.isRecord(value)) return parse.invalid('input', 'expected an object');
  const { fleet, agent } = value;
  const defaults = {
    incarnation: 'direct',
    revision: 0,
    spec: { name: agent, provider: 'external' },
    resourceId: null,
    key: `direct.${String(fleet)}.${String(agent)}`,
    holds: [],
  };
  return input({ ...defaults, ...value }, 'input');
}
