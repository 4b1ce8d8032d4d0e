/**
 * Parses every message of an agent's workflow. Each parser throws `InvalidRequest` with the field's
 * path.
 */
import type {
  AgentCommand,
  AgentCommandOptions,
  AgentConfiguration,
  AgentInput,
  CheckReported,
  ForwardedHeartbeat,
  Hold,
  InstanceEnded,
} from '../../contract/agent';
import { DIRECT_INCARNATION } from '../../contract/names';
import { MOST_ALIKE, REQUEST_ID_LENGTH } from '../../contract/values/patterns';
import type { AgentSilent, LeaseLost } from '../../contract/lease';
import type { FailureReport } from '../../contract/agent/subscription';
import type { TurnRef, TurnSuspended, TurnRequest, TurnRequested } from '../../contract/agent/turns';
import { agentSpec } from './spec/spec';
import { message, shaped } from '../lib/message';
import { boundedDuration, id, leaseId, leaseInstance, url } from '../lib/fields';
import { LONGEST_DURATION_MS } from '../lib/duration';
import { version } from '../lib/carried';
import { originFields } from '../lib/origin';
import * as parse from '../lib/parse';
import { turnInput } from '../lib/turn/turn-input';
import { MOST_HOLDS } from './commands/commands';
import { session } from './session';

const reason = parse.text(2_000);

const requestId = parse.optional(parse.text(REQUEST_ID_LENGTH));
const mode = parse.optional(parse.oneOf('drain', 'freeze'));

const ofRequest = { requestId, wait: parse.optional(parse.boolean), ...originFields } as const;

const OPTIONS: { readonly [C in AgentCommand]: parse.Parser<AgentCommandOptions[C]> } = {
  pause: message({
    hold: parse.optional(parse.name),
    reason: parse.optional(reason),
    mode,
    drainTimeout: parse.optional(boundedDuration),
    ...ofRequest,
  }),
  resume: message({
    hold: parse.optional(parse.name),
    cancelPending: parse.optional(parse.boolean),
    ...ofRequest,
  }),
  stop: message({ grace: parse.optional(boundedDuration), ...ofRequest }),
  start: message({ ...ofRequest }),
  restart: message({ reason: parse.optional(reason), mode, ...ofRequest }),
  terminate: message({ ...ofRequest }),
  hold: message({ hold: parse.name, reason: parse.optional(reason), ...ofRequest }),
  release: message({ hold: parse.name, ...ofRequest }),
};

/** The options of a command; a missing argument means the defaults. */
export function parseOptions<C extends AgentCommand>(command: C, argument: unknown): AgentCommandOptions[C] {
  return OPTIONS[command](argument ?? {}, command);
}

const endpoint: parse.Parser<string> = (value, path) => parse.text(2_000)(url(value, path), path);

/** Signal `heartbeat`. */
export const parseHeartbeat: parse.Parser<ForwardedHeartbeat> = message({
  instanceId: id,
  seq: parse.optional(parse.integer()),
  status: parse.oneOf('starting', 'ready', 'degraded', 'stopping'),
  endpoint: parse.optional(endpoint),
  load: parse.optional(parse.number(0, Number.MAX_VALUE)),
  session: parse.optional(parse.nullable(session)),
  via: parse.optional(parse.oneOf('gateway')),
  lease: parse.optional(leaseId),
  gateway: parse.optional(leaseInstance),
  n: parse.optional(parse.integer(1)),
});

/** Signal `silent`. */
export const parseSilent: parse.Parser<AgentSilent> = message({
  lease: leaseId,
  instanceId: id,
  n: parse.integer(1),
  silentForMs: parse.integer(),
});

/** Signal `leaseLost`. */
export const parseLeaseLost: parse.Parser<LeaseLost> = message({ lease: leaseId, renewedAgoMs: parse.integer() });

/** Signal `checkReported`. */
export const parseCheck: parse.Parser<CheckReported> = message({
  instanceId: id,
  passed: parse.boolean,
  at: parse.instant,
});

/** Signal `instanceEnded`. */
export const parseInstanceEnded: parse.Parser<InstanceEnded> = message({ key: id, instanceId: id });

/** Signal `turnWithdrawn`. */
export const parseTurnRef: parse.Parser<TurnRef> = message({ turnId: id });

/** Signal `turnSuspended`. */
export const parseTurnSuspended: parse.Parser<TurnSuspended> = message({
  turnId: id,
  why: parse.optional(parse.text(2_000)),
});

/** The body of `POST /turn`. */
export const turnRequest: parse.Parser<TurnRequest> = parse.object({
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
  session: parse.optional(session),
});

/** Signal `turnRequested`. */
export const parseTurnRequested: parse.Parser<TurnRequested> = message({
  turnId: id,
  replyTo: id,
  request: turnRequest,
  timeoutMs: parse.optional(parse.integer(1, LONGEST_DURATION_MS)),
});

/** Update and signal `reportFailure`. */
export const parseFailureReport: parse.Parser<FailureReport> = message({
  subscription: parse.name,
  assignment: parse.optional(parse.integer()),
  kind: parse.oneOf('rate_limit', 'auth', 'other'),
  resetAt: parse.optional(parse.instant),
  count: parse.optional(parse.integer(1, MOST_ALIKE)),
  turnId: parse.optional(id),
  requestId,
});

/** The parsers of an agent's configuration, field by field. */
export const configurationFields = {
  incarnation: id,
  revision: parse.integer(),
  spec: agentSpec,
  resourceId: parse.nullable(id),
  key: id,
  host: parse.optional(id),
  reportTo: parse.optional(id),
} as const;

/** Update `configure`. */
export const parseConfiguration: parse.Parser<AgentConfiguration> = message(configurationFields);

/** A hold in a message. */
export const parseHold: parse.Parser<Hold> = parse.object({
  name: parse.name,
  reason: parse.nullable(reason),
  since: parse.instant,
});

const input: parse.Parser<AgentInput> = parse.object({
  v: version,
  fleet: parse.name,
  agent: parse.name,
  ...configurationFields,
  holds: parse.list(parseHold, MOST_HOLDS),
  session: parse.optional(session),
  continueAfterEvents: parse.optional(parse.integer(1)),
});

/**
 * The input of an agent's first run. A service that starts an agent without a fleet sends
 * `{v: 1, fleet, agent}` and the fields that differ from an `external` agent without an owner.
 */
export function parseAgentInput(value: unknown): AgentInput {
  return start(value, 'input');
}

/** The fields that a service may send; the other ones are for fleets. */
export const AGENT_START = '{v: 1, fleet, agent, spec?, holds?}';

const start = shaped<AgentInput>((value) => {
  if (!parse.isRecord(value)) return parse.invalid('input', 'expected an object');
  // Read before they are used: a stranger's object may have a `toString` that is not a function.
  const fleet = parse.name(value['fleet'], 'input.fleet');
  const agent = parse.name(value['agent'], 'input.agent');
  const defaults = {
    incarnation: DIRECT_INCARNATION,
    revision: 0,
    spec: { name: agent, provider: 'external' },
    resourceId: null,
    key: `direct.${fleet}.${agent}`,
    holds: [],
  };
  return input({ ...defaults, ...value }, 'input');
}, AGENT_START);
