/** Reads back: what has happened since a time, as far as the logs reach. */
import { DroverError } from '../../contract/errors';
import type { Calls } from '../temporal/calls';
import { type Due, Knowledge } from './known';
import { changedRows, HORIZON_MS } from './lists';
import { eventOf, gapEvent, inTurns, logOf } from './logs';
import { observed, type Observed } from './observed';

/** The events that were read back, oldest first, and the logs that did not answer. */
export interface ReadBack {
  readonly events: readonly Observed[];
  readonly silent: readonly Due[];
}

/** Everything that workflows recorded after this time (epoch ms); with `fleet` only its own, and that of pools. */
export async function readBack(calls: Calls, since: number, fleet?: string): Promise<ReadBack> {
  const from = Math.max(0, since);
  return readLogs(calls, from, new Knowledge(from).due(await changedRows(calls, from, fleet)));
}

/** The same of these logs. */
export async function readLogs(calls: Calls, since: number, dues: readonly Due[]): Promise<ReadBack> {
  const events = new Map<string, Observed>();
  const silent: Due[] = [];
  await inTurns(dues, async (due) => {
    const found = await eventsOf(calls, due, since);
    if (found === null) silent.push(due);
    // An ended run may have been read as the last run of its id too.
    else for (const one of found) events.set(one.event.id, one);
  });
  return { events: [...events.values()].sort((a, b) => Date.parse(a.event.at) - Date.parse(b.event.at)), silent };
}

/** From where a listener resumes that has seen events up to this time. */
export function resumeFrom(at: number): number {
  return at - HORIZON_MS;
}

/** Null: the log does not answer. */
async function eventsOf(calls: Calls, due: Due, since: number): Promise<Observed[] | null> {
  try {
    const answer = await logOf(calls, due, { since });
    if (answer === null) return [observed(gapEvent(due, 0), due.workflowId)];
    const gap = answer.missed === 0 ? [] : [gapEvent(due, answer.missed, answer.next)];
    return [...gap, ...answer.entries.map(eventOf)].map((event) => observed(event, due.workflowId));
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return null;
  }
}
