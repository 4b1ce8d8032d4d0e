/** Routes a value that an agent hands to a node (docs/coordination.md, "Branches and barriers"). */
import type { BranchContext } from './state';

/**
 * The route of a value. `waiting`: a contribution to End or a waiting ancestor; `rendezvous`: a
 * contribution to a rendezvous; `branch`: a branch continues as that agent.
 */
export type Route = 'waiting' | 'rendezvous' | 'branch';

/** The route to `target`, from the branch's own context alone. */
export function routeTo(context: Pick<BranchContext, 'waiting' | 'topology'>, target: string): Route {
  if (target === 'End' || context.waiting.includes(target)) return 'waiting';
  return context.topology.rendezvous.includes(target) ? 'rendezvous' : 'branch';
}
