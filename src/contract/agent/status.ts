/** The three axes of an agent: its status, runtime and liveness. */

/** The desired state, which the control plane has decided. */
export const AGENT_STATUSES = ['pending', 'running', 'paused', 'stopped', 'failed', 'terminated'] as const;
export type AgentStatus = (typeof AGENT_STATUSES)[number];
/** The actual state, after the last call of the provider. */
export const RUNTIMES = ['stopped', 'starting', 'running', 'paused', 'stopping', 'crashed'] as const;
export type Runtime = (typeof RUNTIMES)[number];
/** The state that beats and health checks prove. */
export const LIVENESSES = ['starting', 'ready', 'degraded', 'offline'] as const;
export type Liveness = (typeof LIVENESSES)[number];

/**
 * The status as a person says it: a change that is under way (`pausing`, `restarting`) instead of
 * the status that it leads to.
 */
export type AgentPhase = AgentStatus | 'pausing' | 'resuming' | 'starting' | 'stopping' | 'terminating' | 'restarting';
