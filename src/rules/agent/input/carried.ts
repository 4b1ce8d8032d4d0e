/** Reads the state that an earlier run of an agent's workflow has left (decision 28). */
import type { AgentConfiguration, Hold } from '../../../contract/agent';
import type { HeldSubscription, SwitchRecord } from '../../../contract/agent/subscription';
import { flag, errorBody, span, stateOf, time, version, words } from '../../lib/carried';
import {
  boolean,
  integer,
  isRecord,
  invalid,
  list,
  name,
  nullable,
  oneOf,
  optional,
  type Parser,
} from '../../lib/parse';
import { parseEventLog } from '../../lib/log/log-carried';
import { parseFailureObserved, parseGranted } from '../../lib/grants';
import { turnOutcome } from '../../lib/turn/turn-input';
import { usage } from '../../lib/turn/usage';
import { MOST_HOLDS } from '../commands/commands';
import { configurationFields, parseHold, turnRequest } from '../messages';
import { session } from '../session';
import { agentSettings } from '../spec/settings';
import type { AgentState, RememberedRequest } from '../state';
import type { Holder, Instance } from '../instance';
import type { AnsweredTurn, QueuedTurn, TurnsState } from '../turns/state';
import type { SubscriptionState, Switch, SwitchEnd } from '../subscription/state';
import type { PausedClock } from '../turns/paused-clock';

const status = oneOf('pending', 'running', 'paused', 'stopped', 'failed', 'terminated');
const runtime = oneOf('stopped', 'starting', 'running', 'paused', 'stopping', 'crashed');
const liveness = oneOf('starting', 'ready', 'degraded', 'offline');
const holds: Parser<readonly Hold[]> = list(parseHold, MOST_HOLDS);

const configuration = stateOf<AgentConfiguration>()(configurationFields);

const instance = stateOf<Instance>()({
  id: nullable(words),
  registeredAt: nullable(time),
  confirmed: boolean,
  lastSeq: nullable(integer()),
  replaced: optional(words),
  lastBeatAt: nullable(time),
  lastProofAt: nullable(time),
  endpoint: nullable(words),
  pid: nullable(integer()),
  viaGateway: boolean,
  endReported: boolean,
  holders: list(stateOf<Holder>()({ lease: words, n: integer(), says: oneOf('heard', 'vouches', 'silent', 'lost') })),
});

const held = stateOf<HeldSubscription>()({ pool: name, name, assignment: integer(), secret: words });

const switching = stateOf<Switch>()({
  pool: name,
  requestId: words,
  kind: oneOf('first', 'rate_limit', 'auth', 'moved'),
  step: oneOf('asking', 'waiting', 'draining', 'restarting'),
  from: nullable(held),
  to: nullable(held),
  askAt: nullable(time),
  eventsInWindow: integer(),
  drainUntil: nullable(time),
  apply: oneOf('hot', 'restart'),
  failed: nullable(parseFailureObserved),
  again: nullable(oneOf('rate_limit', 'auth')),
  lost: optional(integer()),
  newer: nullable(parseGranted),
});

const switchRecord = stateOf<SwitchRecord>()({
  agent: words,
  pool: name,
  from: nullable(name),
  to: name,
  kind: oneOf('rate_limit', 'auth', 'moved'),
  eventsInWindow: integer(),
  result: oneOf('hot_reloaded', 'restarted', 'not_running', 'failed'),
  error: nullable(words),
});

const switches = stateOf<SubscriptionState>()({
  switching: nullable(switching),
  asked: integer(),
  highest: integer(),
  failedAt: nullable(time),
  ended: list(
    stateOf<SwitchEnd>()({
      what: words,
      why: words,
      accepted: boolean,
      record: nullable(switchRecord),
      rejected: nullable(stateOf<NonNullable<SwitchEnd['rejected']>>()({ pool: name, requestId: words })),
    }),
  ),
  knownTo: nullable(name),
});

const clock = stateOf<PausedClock>()({ total: span, since: nullable(time) });

const queued = stateOf<QueuedTurn>()({
  turnId: words,
  replyTo: words,
  request: turnRequest,
  timeoutMs: nullable(span),
  bytes: integer(),
  attempt: integer(),
  waitingFrom: span,
  used: span,
  startedAt: nullable(span),
  overLimit: optional(flag),
  notBefore: nullable(time),
  refusedFrom: nullable(span),
  suspended: boolean,
  on: nullable(stateOf<NonNullable<QueuedTurn['on']>>()({ name, assignment: integer() })),
  askedAnew: boolean,
  repeats: integer(),
  crashes: integer(),
  askedOf: nullable(words),
  broke: boolean,
  arrivedAt: time,
  begunAt: nullable(time),
  lastError: nullable(words),
});

const turns = stateOf<TurnsState>()({
  waiting: list(queued),
  inFlight: list(queued),
  answered: list(stateOf<AnsweredTurn>()({ turnId: words, outcome: turnOutcome, bytes: integer() })),
  withdrawn: list(words),
  working: clock,
  unavailable: clock,
});

const request = stateOf<RememberedRequest>()({
  requestId: words,
  fingerprint: words,
  op: integer(),
  changed: boolean,
  answer: nullable(
    stateOf<NonNullable<RememberedRequest['answer']>>()({
      state: oneOf('done', 'pausing', 'resuming', 'stopping', 'starting', 'terminating'),
      status,
      runtime,
      liveness,
      holds,
    }),
  ),
  error: nullable(errorBody),
  bytes: integer(),
});

const stored = stateOf<Omit<AgentState, 'settings'>>()({
  v: version,
  fleet: name,
  agent: name,
  config: configuration,
  status,
  runtime,
  liveness,
  holds,
  heldBefore: holds,
  instance,
  runningSince: nullable(time),
  silenceFrom: nullable(time),
  gatewayAskedFor: nullable(time),
  unheardFrom: nullable(time),
  effect: nullable(oneOf('wake', 'suspend', 'continue', 'stop', 'destroy', 'inspect', 'reload')),
  drainUntil: nullable(time),
  restarting: nullable(oneOf('stop', 'start')),
  stopGraceMs: nullable(span),
  restartAt: nullable(time),
  crashes: list(time),
  restarts: integer(),
  retryAt: nullable(time),
  retries: integer(),
  probeAt: nullable(time),
  probes: integer(),
  destroyed: boolean,
  settled: nullable(
    stateOf<NonNullable<AgentState['settled']>>()({
      outcome: oneOf('ready', 'failed'),
      error: nullable(words),
      code: optional(oneOf('Forbidden')),
    }),
  ),
  reportedTo: nullable(words),
  reason: nullable(words),
  subscription: nullable(held),
  switches,
  announced: nullable(oneOf('ready', 'offline', 'failed')),
  turns,
  usage: optional(usage),
  session: optional(session),
  op: integer(),
  requests: list(request),
  log: parseEventLog,
  continueAfterEvents: nullable(integer(1)),
});

/** The state; its settings are derived again from its specification. */
export const parseAgentState: Parser<AgentState> = (value, path) => {
  if (!isRecord(value)) return invalid(path, 'expected an object');
  const { settings: _derived, ...rest } = value;
  const state = stored(rest, path);
  return { ...state, settings: agentSettings(state.config.spec) };
};
