/** Drover's workflow types as functions, for `client.workflow.start<AgentWorkflow>(AGENT_WORKFLOW, …)`. */
import type { AgentInput } from '../contract/agent';
import type { FleetInput } from '../contract/fleet';
import type { PoolInput } from '../contract/pool';
import type { RunResult, RunStart } from '../contract/run';

/**
 * The start argument of an `agent` workflow. `{v: 1, fleet, agent}` is an agent of provider
 * `external` without a fleet; the other fields replace its defaults.
 */
export type AgentStart = Pick<AgentInput, 'v' | 'fleet' | 'agent'> & Partial<AgentInput>;

/** Workflow `agent`, with id `agentWorkflowId(fleet, agent)`. It lives until `terminate`. */
export type AgentWorkflow = (start: AgentStart) => Promise<void>;
/** Workflow `run`, with id `runWorkflowId(fleet, run)`. A task that fails is a result too. */
export type RunWorkflow = (start: RunStart) => Promise<RunResult>;
/** Workflow `fleet`, with id `fleetWorkflowId(fleet)`. It lives until the fleet is destroyed. */
export type FleetWorkflow = (start: FleetInput) => Promise<void>;
/** Workflow `pool`, with id `poolWorkflowId(pool)`. */
export type PoolWorkflow = (start: PoolInput) => Promise<void>;
