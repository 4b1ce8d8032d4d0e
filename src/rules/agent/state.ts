/**
 * The state of an agent's workflow as one plain JSON object; it is the argument of the next run.
 */
import { isActive, isUp } from './lifecycle';
import type {
  AgentConfiguration,
  AgentInput,
  AgentReport,
  AgentStatus,
  CommandState,
  Hold,
  Liveness,
  Runtime,
} from '../../contract/agent';
import type { ErrorBody } from '../../contract/errors';
import type { EventLog } from '../../contract/event/log';
import type { HeldSubscription } from '../../contract/agent/subscription';
import type { Usage } from '../../contract/usage';
import type { RequestMark } from '../lib/fingerprint';
import { UNBEGUN_LOG } from '../lib/log/log';
import { STOPPED_CLOCK } from './turns/paused-clock';
import { type AgentSettings, agentSettings } from './spec/settings';
import { NO_SWITCH, type SubscriptionState, blocksTurns } from './subscription/state';
import type { TurnsState } from './turns/state';
import { type Instance, NO_INSTANCE } from './instance';

/** The calls of a provider. `inspect` changes nothing. */
export type ProviderEffect = 'wake' | 'suspend' | 'continue' | 'stop' | 'destroy' | 'inspect';
/** An effect outside the workflow, one at a time. `reload` hands the agent its new credential. */
export type Effect = ProviderEffect | 'reload';

/**
 * An accepted request and its answer, kept for a repeat; `answer` and `error` are null until one is
 * known.
 */
export interface RememberedRequest extends RequestMark {
  readonly op: number;
  readonly changed: boolean;
  readonly answer: {
    readonly state: CommandState;
    readonly status: AgentStatus;
    readonly runtime: Runtime;
    readonly liveness: Liveness;
    readonly holds: readonly Hold[];
  } | null;
  readonly error: ErrorBody | null;
  /** Bytes of this entry's JSON. */
  readonly bytes: number;
}

/** The states that the events `agent.ready`, `agent.offline` and `agent.failed` announce. */
export type Announcement = 'ready' | 'offline' | 'failed';

/** Everything that an agent's workflow knows. */
export interface AgentState {
  readonly v: 1;
  readonly fleet: string;
  readonly agent: string;
  readonly config: AgentConfiguration;
  /** The settings of `config.spec`; every run derives them again. */
  readonly settings: AgentSettings;
  readonly status: AgentStatus;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  readonly holds: readonly Hold[];
  /**
   * The holds that the last resume removed; they return if the provider cannot continue the
   * runtime.
   */
  readonly heldBefore: readonly Hold[];
  readonly instance: Instance;
  /**
   * Since when the runtime is `running`; silence counts from here again (docs/lifecycle.md,
   * "Liveness", 8).
   */
  readonly runningSince: number | null;
  /** Since when silence counts after Drover itself was down (docs/lifecycle.md, "Liveness", 10). */
  readonly silenceFrom: number | null;
  /**
   * The end of a silence, in epoch ms, for which a gateway has been asked: only then the agent is
   * offline.
   */
  readonly gatewayAskedFor: number | null;
  /** Since when no gateway has answered, while it is silent. */
  readonly unheardFrom: number | null;
  /** The provider call in progress; there is at most one. */
  readonly effect: Effect | null;
  /** Until when turns in flight may finish before a suspend or a restart; null: no drain. */
  readonly drainUntil: number | null;
  /** An operator's restart under way: `stop` until the runtime is at rest, then `start`. */
  readonly restarting: 'stop' | 'start' | null;
  /** The grace period of the requested stop, in milliseconds; null: no stop was requested. */
  readonly stopGraceMs: number | null;
  /** When the restart policy wakes a crashed agent; null: never. */
  readonly restartAt: number | null;
  /** The times of the crashes that the restart policy counts. */
  readonly crashes: readonly number[];
  /** How often the restart policy and operators have started it again. */
  readonly restarts: number;
  /** When a failed stop or destroy is retried; `retries` counts the failures in a row. */
  readonly retryAt: number | null;
  readonly retries: number;
  /** When the provider is probed next; `probes` counts the probes so far. */
  readonly probeAt: number | null;
  readonly probes: number;
  readonly destroyed: boolean;
  /** How the agent's first start ended; null until then. `code`: it was refused. */
  readonly settled: Pick<AgentReport, 'outcome' | 'error' | 'code'> | null;
  /**
   * The receiver of the last report, as `<workflow>@<revision>`; null: a report is due once
   * settled.
   */
  readonly reportedTo: string | null;
  /** Why the status is `failed` or the agent ended by itself. */
  readonly reason: string | null;
  readonly subscription: HeldSubscription | null;
  readonly switches: SubscriptionState;
  /** The last announcement; null: none yet. */
  readonly announced: Announcement | null;
  readonly turns: TurnsState;
  /** The usage of its turns; absent if none reported usage. */
  readonly usage?: Usage;
  /** The session that it named last; absent without one. */
  readonly session?: string;
  /**
   * Counts accepted commands, so that an effect's failure reaches the commands that asked for it.
   */
  readonly op: number;
  readonly requests: readonly RememberedRequest[];
  /** Its decisions and announcements. */
  readonly log: EventLog;
  /** For tests: continue as new after this many history events, not at the server's suggestion. */
  readonly continueAfterEvents: number | null;
}

/** The argument of every run after the first. */
export interface CarriedAgent {
  readonly v: 1;
  readonly state: AgentState;
}

/** The state of a new agent. */
export function newAgent(input: AgentInput): AgentState {
  const { v: _v, fleet, agent, holds, session, continueAfterEvents, ...config } = input;
  return {
    v: 1,
    fleet,
    agent,
    config,
    settings: agentSettings(config.spec),
    status: 'pending',
    runtime: 'stopped',
    liveness: 'starting',
    holds,
    heldBefore: [],
    instance: NO_INSTANCE,
    runningSince: null,
    silenceFrom: null,
    gatewayAskedFor: null,
    unheardFrom: null,
    effect: null,
    drainUntil: null,
    restarting: null,
    stopGraceMs: null,
    restartAt: null,
    crashes: [],
    restarts: 0,
    retryAt: null,
    retries: 0,
    probeAt: null,
    probes: 0,
    destroyed: false,
    settled: null,
    reportedTo: null,
    reason: null,
    subscription: null,
    switches: NO_SWITCH,
    announced: null,
    turns: {
      waiting: [],
      inFlight: [],
      answered: [],
      withdrawn: [],
      working: STOPPED_CLOCK,
      unavailable: STOPPED_CLOCK,
    },
    op: 0,
    requests: [],
    ...(session === undefined ? {} : { session }),
    log: UNBEGUN_LOG,
    continueAfterEvents: continueAfterEvents ?? null,
  };
}

/** Whether the agent names its instances itself, because Drover does not start it. */
export function namesItself(state: AgentState): boolean {
  return state.config.spec.provider === 'external' && state.config.spec.external?.wake === undefined;
}

/** Whether the agent could take a turn now, if it has a free slot. */
export function isAvailable(state: AgentState): boolean {
  return (
    isActive(state) &&
    isUp(state) &&
    state.restarting === null &&
    !blocksTurns(state.switches) &&
    (state.liveness === 'ready' || state.liveness === 'degraded') &&
    state.instance.endpoint !== null
  );
}
