/** Which agents run on when `drover up` ends. */
import { isAtRest } from '../../rules/agent/lifecycle';
import type { DroverClient } from '../../client';
import { allPages } from '../../client/temporal/pages';
import type { AgentListItem } from '../../contract/agent';
import { DroverError } from '../../contract/errors';

/**
 * The server has just answered, so it answers again at once; the end does not wait longer for it.
 */
const COUNT_MS = 2_000;
/** So many agents answer themselves within that time; of more, the list is the answer. */
const MOST_ASKED = 200;

/** The number of agents that run, by fleet. */
export type RunningAgents = ReadonlyMap<string, number>;

/** Counts the agents with a process that runs or is paused, but for one fleet; null if Temporal does not answer. */
export async function runningAgents({ agents }: DroverClient, except?: string): Promise<RunningAgents | null> {
  try {
    const listed = await allPages<AgentListItem>((page) => agents.list({}, { ...page, timeoutMs: COUNT_MS }));
    const others = listed.filter(({ fleet }) => fleet !== except);
    return byFleet(others.length > MOST_ASKED ? others.filter(isListedUp) : await thoseUp(agents, others));
  } catch (error) {
    if (error instanceof DroverError) return null;
    throw error;
  }
}

/** The list is about a second old, so each agent is asked; one that does not answer counts as listed. */
async function thoseUp(agents: DroverClient['agents'], items: readonly AgentListItem[]): Promise<AgentListItem[]> {
  const asked = await agents.describeAll(
    items.map(({ fleet, name }) => ({ fleet, agent: name })),
    { timeoutMs: COUNT_MS },
  );
  return items.filter((item, index) => {
    const { view, error } = asked[index] ?? {};
    if (view) return !isAtRest(view);
    return error?.code !== 'AgentNotFound' && isListedUp(item);
  });
}

/** `unknown` counts: a process of an agent that does not answer runs on as well. */
function isListedUp({ runtime }: AgentListItem): boolean {
  return runtime === 'unknown' || !isAtRest({ runtime });
}

function byFleet(items: readonly AgentListItem[]): RunningAgents {
  const counts = new Map<string, number>();
  for (const { fleet } of items) counts.set(fleet, (counts.get(fleet) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
