/** What agents, fleets and changes signal to each other. */
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
 * Signal `usageLeft`, agent to fleet: what the turns of an agent took that ends. `key` is that of
 * its resource, by which it counts once.
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
