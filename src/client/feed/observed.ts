/** An event with what a listener needs beside it, and the choice of events. */
import type { DroverEvent, EventType } from '../../contract/event';

/** An event as a reader found it. */
export interface Observed {
  readonly event: DroverEvent;
  /** The workflow that recorded it. */
  readonly workflowId: string;
  /** The fleets that it concerns: a pool belongs to no single fleet. */
  readonly fleets: readonly string[];
  /** Where a listener that has it resumes, in epoch ms: nothing before it is unread. */
  readonly from: number;
}

/** Only events that meet all of these. */
export interface EventFilter {
  /** Of this fleet, and of the pools of its agents. */
  readonly fleet?: string | undefined;
  /** About this agent: `fleet/agent`. */
  readonly agent?: string | undefined;
  /** About this run: `fleet/run`. */
  readonly run?: string | undefined;
  readonly types?: readonly EventType[] | undefined;
}

/** Whether a listener with this filter gets the event. */
export function isWanted({ event, fleets }: Observed, { fleet, agent, run, types }: EventFilter): boolean {
  return (
    (fleet === undefined || fleets.includes(fleet)) &&
    (agent === undefined || agentsOf(event).includes(agent)) &&
    (run === undefined || event.data['run'] === run) &&
    (types === undefined || types.includes(event.type))
  );
}

/** An event with the fleets that it concerns. */
export function observed(event: DroverEvent, workflowId: string): Observed {
  const { fleets, agents } = event.data;
  const [kind, name = ''] = workflowId.split('/');
  const own = kind === 'pool' || kind === 'lease' ? [...namesIn(fleets), ...namesIn(agents).map(fleetOf)] : [name];
  return { event, workflowId, fleets: [...new Set(own)], from: Date.parse(event.at) };
}

/** The full names of the agents that an event is about. */
function agentsOf({ data: { agent, agents, run } }: DroverEvent): string[] {
  const one = typeof agent === 'string' ? [agent] : [];
  // An event of a run names the agent within its fleet.
  const full = typeof run === 'string' ? one.map((name) => `${fleetOf(run)}/${name}`) : one;
  return [...full, ...namesIn(agents)];
}

function namesIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
}

function fleetOf(fullName: string): string {
  return fullName.split('/')[0] ?? '';
}
