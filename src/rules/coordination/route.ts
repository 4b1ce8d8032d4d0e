/** Where a value goes that an agent hands to a node (docs/coordination.md, "Branches and barriers"). */
import type { BranchContext } from './state';

/** `waiting`: End or a waiting ancestor, the value is a contribution; `rendezvous`: likewise; `branch`: somebody goes on as that agent. */
export type Route = 'waiting' | 'rendezvous' | 'branch';

/** Decides by the branch's own context alone. */
export function routeTo(context: Pick<BranchContext, 'waiting' | 'topology'>, target: string): Route {
  if (target === 'End' || context.waiting.includes(target)) return 'waiting';
  return context.topology.rendezvous.includes(target) ? 'rendezvous' : 'branch';
}
