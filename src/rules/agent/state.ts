/** Everything an agent's workflow knows, as one plain JSON object: it is the argument of the workflow's next run. */
import { isActive, isUp } from './lifecycle';
import type {
  AgentConfiguration,
  AgentInput,
  AgentStatus,
  CommandState,
  Decision,
  Hold,
  Liveness,
  Runtime,
} from '../../contract/agent';
import type { ErrorBody } from '../../contract/errors';
import type { HeldSubscription } from '../../contract/agent/subscription';
import type { TurnOutcome, TurnRequest } from '../../contract/agent/turns';
import type { RequestMark } from '../lib/fingerprint';
import { type PausedClock, STOPPED_CLOCK } from './turns/paused-clock';
import { type AgentSettings, agentSettings } from './settings';
import { NO_SWITCH, type SubscriptionState, blocksTurns } from './subscription/state';

/** What the provider can be asked. `inspect` changes nothing there. */
export type ProviderEffect = 'wake' | 'suspend' | 'continue' | 'stop' | 'destroy' | 'inspect';
/** What happens outside, one at a time; `reload` gives the agent itself a new credential. */
export type Effect = ProviderEffect | 'reload';

/** The process that runs, or ran last. Times are epoch milliseconds. */
export interface Instance {
  readonly id: string | null;
  /** When it was woken, or first heard of. */
  readonly registeredAt: number | null;
  /** Whether a wake under this id has succeeded; an id of which none has is used again. */
  readonly confirmed: boolean;
  readonly lastSeq: number | null;
  readonly lastBeatAt: number | null;
  readonly lastProofAt: number | null;
  readonly endpoint: string | null;
  readonly pid: number | null;
  /** Whether its last beat came through a gateway, and not straight from a service. */
  readonly viaGateway: boolean;
}

/** A turn that waits or is in flight. Readings are of the clocks in `TurnsState`. */
export interface QueuedTurn {
  readonly turnId: string;
  readonly replyTo: string;
  readonly request: TurnRequest;
  /** The branch's own limit, where a rule sets one; else the agent's. */
  readonly timeoutMs: number | null;
  /** Bytes of the request's JSON. */
  readonly bytes: number;
  /** How often it has been given to the agent. */
  readonly attempt: number;
  /** What `unavailable` read when it began to wait. */
  readonly waitingFrom: number;
  /** Milliseconds of its limit that are used up by earlier attempts. */
  readonly used: number;
  /** What `working` read when the present attempt began; null while it waits. */
  readonly startedAt: number | null;
  /** A refused connection: not tried again before this time. */
  readonly notBefore: number | null;
  /** What `working` read when a connection was refused for the first time; null: not yet. */
  readonly refusedFrom: number | null;
  /** Whether the branch has been told that it is suspended. */
  readonly suspended: boolean;
  /** The subscription that the present attempt began on, by name and assignment. */
  readonly on: Pick<HeldSubscription, 'name' | 'assignment'> | null;
  /** Whether it has been asked again because its credential had failed, which is done once. */
  readonly askedAnew: boolean;
}

/** The answer to a turn, kept in case the branch asks again. */
export interface AnsweredTurn {
  readonly turnId: string;
  readonly outcome: TurnOutcome;
  readonly bytes: number;
}

export interface TurnsState {
  readonly waiting: readonly QueuedTurn[];
  readonly inFlight: readonly QueuedTurn[];
  readonly answered: readonly AnsweredTurn[];
  /** Tombstones: ids of turns that were withdrawn, whether or not they had come. */
  readonly withdrawn: readonly string[];
  /** Runs while the runtime is not paused: what a turn's limit is measured with. */
  readonly working: PausedClock;
  /** Runs while the agent should work and cannot: what the unavailable timeout is measured with. */
  readonly unavailable: PausedClock;
}

/** The answer to an accepted request, kept for a repeat of its `requestId`; null fields until it is known. */
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

/** What an agent can be said to be, in the events `agent.ready`, `agent.offline` and `agent.failed`. */
export type Announcement = 'ready' | 'offline' | 'failed';

export interface AgentState {
  readonly v: 1;
  readonly fleet: string;
  readonly agent: string;
  readonly config: AgentConfiguration;
  /** What `config.spec` means; derived anew at the start of every run. */
  readonly settings: AgentSettings;
  readonly status: AgentStatus;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  readonly holds: readonly Hold[];
  /** The holds that the last resume took away: put back if the provider cannot continue the runtime. */
  readonly heldBefore: readonly Hold[];
  readonly instance: Instance;
  /** Since when the runtime is `running`: the clock of staleness begins again there (docs/lifecycle.md, "Liveness", 8). */
  readonly runningSince: number | null;
  /** Since when silence counts, where Drover itself was away: its clock begins again there (docs/lifecycle.md, "Liveness", 10). */
  readonly silenceFrom: number | null;
  /** The end of a silence, in epoch ms, for which a gateway has been asked: only then the agent is offline. */
  readonly gatewayAskedFor: number | null;
  /** Since when no gateway has answered, while it is silent. */
  readonly unheardFrom: number | null;
  /** The provider call in progress; there is at most one. */
  readonly effect: Effect | null;
  /** Until when turns in flight may finish before a suspend or a restart; null: nothing to wait for. */
  readonly drainUntil: number | null;
  /** An operator's restart under way: `stop` until the runtime is at rest, then `start`. */
  readonly restarting: 'stop' | 'start' | null;
  /** What the next stop gives the process, in milliseconds; null: nobody asked for one. */
  readonly stopGraceMs: number | null;
  /** When a crashed agent is woken again by policy; null: not. */
  readonly restartAt: number | null;
  /** Times of the crashes that count against the policy's window. */
  readonly crashes: readonly number[];
  /** A failed stop or destroy is tried again at this time; `retries` counts the failures in a row. */
  readonly retryAt: number | null;
  readonly retries: number;
  /** When the provider is asked next whether the process still runs; `probes` counts the answers so far. */
  readonly probeAt: number | null;
  readonly probes: number;
  readonly destroyed: boolean;
  /** How the agent's first start ended; null until then. */
  readonly settled: { readonly outcome: 'ready' | 'failed'; readonly error: string | null } | null;
  /** Whom the outcome has been reported to, as `<workflow>@<revision>`; null: a report is due once settled. */
  readonly reportedTo: string | null;
  /** Why the status is `failed` or the agent ended by itself. */
  readonly reason: string | null;
  readonly subscription: HeldSubscription | null;
  readonly switches: SubscriptionState;
  /** What people have last been told of it; null: nothing yet. */
  readonly announced: Announcement | null;
  readonly turns: TurnsState;
  /** Counts accepted commands, so that an effect's failure reaches those that asked for it. */
  readonly op: number;
  readonly requests: readonly RememberedRequest[];
  readonly decisions: readonly Decision[];
  /** Tests force continue-as-new with it: a number of history events in place of the server's suggestion. */
  readonly continueAfterEvents: number | null;
}

/** The argument of every run after the first. */
export interface CarriedAgent {
  readonly v: 1;
  readonly state: AgentState;
}

/** Before the first wake, and until an agent that names itself has been heard of. */
export const NO_INSTANCE: Instance = {
  id: null,
  registeredAt: null,
  confirmed: false,
  lastSeq: null,
  lastBeatAt: null,
  lastProofAt: null,
  endpoint: null,
  pid: null,
  viaGateway: false,
};

/** The state of an agent whose workflow has just been started. */
export function newAgent(input: AgentInput): AgentState {
  const { v: _v, fleet, agent, holds, continueAfterEvents, ...config } = input;
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
    decisions: [],
    continueAfterEvents: continueAfterEvents ?? null,
  };
}

/** What a wake begins with: `id` is new, or the last one's where no wake under it has succeeded. */
export function newInstance(id: string, now: number): Instance {
  return { ...NO_INSTANCE, id, registeredAt: now };
}

/** What remains of an instance that no longer runs: its name and times, no address. */
export function endedInstance(instance: Instance): Instance {
  return { ...instance, endpoint: null, pid: null };
}

/** Whether the agent names its instances itself, because Drover does not start it. */
export function namesItself(state: AgentState): boolean {
  return state.config.spec.provider === 'external' && state.config.spec.external?.wake === undefined;
}

/** Whether a turn could be given to the agent now, slots apart. */
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
