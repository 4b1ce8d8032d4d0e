/** The view of an agent's workflow, for tests of the ledger. */
import type { AgentView } from '../../src/contract/agent';

/** The agent's `staleAfter`. */
export const STALE_MS = 60_000;

/** A ready agent, unless said otherwise. */
export function view(more: Partial<AgentView> = {}): AgentView {
  return {
    fleet: 'f',
    name: 'a',
    status: 'running',
    phase: 'running',
    runtime: 'running',
    liveness: 'ready',
    restarts: 0,
    holds: [],
    turns: { inFlight: 0, queued: 0 },
    provider: 'external',
    resourceId: null,
    instanceId: 'i1',
    endpoint: null,
    subscription: null,
    registeredAt: null,
    lastProofAt: null,
    incarnation: 'x',
    revision: 1,
    beats: { everyMs: 5_000, staleAfterMs: STALE_MS },
    why: null,
    ...more,
  };
}
