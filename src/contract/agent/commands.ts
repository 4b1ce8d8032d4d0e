/** The commands to an agent, and their answers. */
import type { Duration } from '../values/duration';
import type { ErrorBody } from '../errors';
import type { Origin } from '../caller/origin';
import type { AgentCommand, AgentStatus, Liveness, Runtime } from './status';
import type { AgentView } from './view';

/** `drain` lets turns in flight finish, `freeze` does not wait for them. */
export type PauseMode = 'drain' | 'freeze';

/**
 * The options of every command. A repeated `requestId` is the same request. `wait: false` answers
 * at once with the current state.
 */
export interface RequestOptions extends Origin {
  readonly requestId?: string;
  readonly wait?: boolean;
}

/** The options of `pause`. */
export interface PauseOptions extends RequestOptions {
  readonly hold?: string;
  readonly reason?: string;
  readonly mode?: PauseMode;
  readonly drainTimeout?: Duration;
}
/** The options of `resume`: the hold to release, and whether a pause that still drains is given up. */
export interface ResumeOptions extends RequestOptions {
  readonly hold?: string;
  readonly cancelPending?: boolean;
}
/** The options of `stop`: how long the process may take to end before it is killed. */
export interface StopOptions extends RequestOptions {
  readonly grace?: Duration;
}
/** The options of `start`. */
export type StartOptions = RequestOptions;
/** The options of `restart`. */
export interface RestartOptions extends RequestOptions {
  readonly reason?: string;
  readonly mode?: PauseMode;
}
/** The options of `terminate`. */
export type TerminateOptions = RequestOptions;
/** The options of `hold`: the name of the hold, and its reason. */
export interface HoldOptions extends RequestOptions {
  readonly hold: string;
  readonly reason?: string;
}
/** The options of `release`: the name of the hold. */
export interface ReleaseOptions extends RequestOptions {
  readonly hold: string;
}

/** The options of each command. */
export interface AgentCommandOptions {
  pause: PauseOptions;
  resume: ResumeOptions;
  stop: StopOptions;
  start: StartOptions;
  restart: RestartOptions;
  terminate: TerminateOptions;
  hold: HoldOptions;
  release: ReleaseOptions;
}

/** The progress of a command when its update answers, on its effect or after 5 s. */
export type CommandState = 'done' | 'pausing' | 'resuming' | 'stopping' | 'starting' | 'terminating';

/** The answer to every command. */
export interface CommandResult {
  readonly requestId: string | null;
  readonly changed: boolean;
  readonly state: CommandState;
  readonly agent: AgentView;
}

/** The `details[0]` of the failure of a refused command. */
export interface RefusalDetails extends ErrorBody {
  readonly current: {
    readonly status: AgentStatus;
    readonly runtime: Runtime;
    readonly liveness: Liveness;
    readonly holds: readonly string[];
  };
  readonly allowed: readonly AgentCommand[];
}
