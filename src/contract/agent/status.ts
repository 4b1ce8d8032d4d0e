/** The three axes of an agent, its status, runtime and liveness, and the commands that move it. */

/** The desired state, which the control plane has decided. */
export const AGENT_STATUSES = ['pending', 'running', 'paused', 'stopped', 'failed', 'terminated'] as const;
/** One of `AGENT_STATUSES`. */
export type AgentStatus = (typeof AGENT_STATUSES)[number];
/** The actual state, after the last call of the provider. */
export const RUNTIMES = ['stopped', 'starting', 'running', 'paused', 'stopping', 'crashed'] as const;
/** One of `RUNTIMES`. */
export type Runtime = (typeof RUNTIMES)[number];
/** The state that beats and health checks prove. */
export const LIVENESSES = ['starting', 'ready', 'degraded', 'offline'] as const;
/** One of `LIVENESSES`. */
export type Liveness = (typeof LIVENESSES)[number];

/**
 * The status as a person says it: a change that is under way (`pausing`, `restarting`) instead of
 * the status that it leads to.
 */
export type AgentPhase = AgentStatus | 'pausing' | 'resuming' | 'starting' | 'stopping' | 'terminating' | 'restarting';

/** The agent's commands, which are also update names, CLI verbs and HTTP paths. */
export const AGENT_COMMANDS = ['pause', 'resume', 'stop', 'start', 'restart', 'terminate', 'hold', 'release'] as const;
/** One of `AGENT_COMMANDS`. */
export type AgentCommand = (typeof AGENT_COMMANDS)[number];

/** A command as it would be judged now. */
export interface Move {
  readonly command: AgentCommand;
  /** Why it is refused or changes nothing, as one sentence; null: it is possible. */
  readonly why: string | null;
}
