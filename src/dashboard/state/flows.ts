/** Who talks to whom now, from the branches of the runs that are open. */
import type { LiveBranchRecord } from '../../contract/run';
import { START } from '../../contract/fleet/topology';

/** A flow in use. `waits`: its agent waits for a person, or is suspended. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly branches: number;
  readonly waits: boolean;
}

/** The flows of one run: each open branch without open ones below it is at its last agent. */
export function flowsOf(branches: readonly LiveBranchRecord[]): Flow[] {
  const open = branches.filter(({ endedAt }) => endedAt === null);
  const parents = new Set(open.map(({ parent }) => parent));
  const tips = open.filter(({ id }) => !parents.has(id));
  return tips.flatMap((tip) => {
    const to = tip.agents.at(-1);
    if (to === undefined) return [];
    return sourcesOf(tip, branches).map((from) => ({ from, to, branches: 1, waits: tip.outcome === 'waiting' }));
  });
}

/** Where its task came from: branches below it that have ended, its agent before, or the branch above. */
function sourcesOf({ id, agents, parent }: LiveBranchRecord, all: readonly LiveBranchRecord[]): readonly string[] {
  const below = all.flatMap((one) => (one.parent === id ? (one.agents.at(-1) ?? []) : []));
  if (below.length > 0) return [...new Set(below)];
  return [agents.at(-2) ?? all.find((one) => one.id === parent)?.agents.at(-1) ?? START];
}

/** One flow for each edge. It waits if none of its branches moves. */
export function summed(flows: readonly Flow[]): Flow[] {
  const found = new Map<string, Flow>();
  for (const flow of flows) {
    const key = `${flow.from} ${flow.to}`;
    const known = found.get(key) ?? { ...flow, branches: 0 };
    found.set(key, { ...flow, branches: known.branches + flow.branches, waits: known.waits && flow.waits });
  }
  return [...found.values()];
}
