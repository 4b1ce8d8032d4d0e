/** The signals between agents, fleets and changes. */
import type { Hold } from '../agent';
import type { Usage } from '../usage';

/** The order to stop and undo a change. */
export interface CancelOrder {
  readonly reason?: string;
}

/** Signal `agentGone`, agent to fleet: the agent has ended and its resource is destroyed. */
export interface AgentGone {
  readonly agent: string;
  readonly incarnation: string;
  readonly key: string;
}

/**
 * Signal `usageLeft`, agent to fleet: the usage of all turns of an agent that ends. `key` is the
 * key of its resource; the fleet counts each key once.
 */
export interface UsageLeft {
  readonly agent: string;
  readonly key: string;
  readonly usage: Usage;
}

/**
 * Signal `poolGone`, agent to fleet: the agent did not find its pool. A fleet that describes the
 * pool starts it again.
 */
export interface PoolGone {
  readonly pool: string;
}

/**
 * Signal `holdsChanged`, fleet to its running change: agents that the change creates from now on
 * have these holds.
 */
export interface HoldsChanged {
  readonly holds: readonly Hold[];
}
