/** The events of a run. */
import type { GivenBy } from '../../contract/event/data';
import type { NewEntry } from '../../contract/event/log';
import type { LiveBranchRecord, RunResult } from '../../contract/run';
import { oneLine, SHORT_BYTES } from '../../contract/text';

/** The most branches that one event names, about 4 KiB. */
const MOST_NAMED = 20;
/** The most bytes of the error of a branch; the view of the run has all of it. */
const ERROR_BYTES = 120;

/** The event of a run's end. A run that was cancelled has not failed. */
export function endEvent(success: boolean, cancelled: boolean): 'run.completed' | 'run.failed' | 'run.cancelled' {
  if (success) return 'run.completed';
  return cancelled ? 'run.cancelled' : 'run.failed';
}

/** The end of a run by its full name. `cancelledBy`: who cancelled it, as far as it is known; null: it was not cancelled. */
export function runEnded(run: string, { success, error, turns }: RunResult, cancelledBy: GivenBy | null): NewEntry {
  const cancelled = cancelledBy !== null;
  const why = error === null ? null : oneLine(error, SHORT_BYTES);
  return { type: endEvent(success, cancelled), data: { run, ...cancelledBy, success, cancelled, error: why, turns } };
}

/** Branches that have started or ended. */
export function branchesMoved(run: string, branches: readonly LiveBranchRecord[]): NewEntry {
  const named = branches.slice(0, MOST_NAMED).map(({ id, agents, outcome, turns, error }) => ({
    id,
    agent: agents.at(-1) ?? '',
    outcome,
    turns,
    error: error === null ? null : oneLine(error, ERROR_BYTES),
  }));
  return { type: 'run.branch', data: { run, branches: named, more: branches.length - named.length } };
}

/** Whether the newer record of a branch is worth an event: the branch has started or ended. */
export function hasMoved(known: LiveBranchRecord | undefined, newer: LiveBranchRecord): boolean {
  return known === undefined || (known.endedAt === null) !== (newer.endedAt === null);
}
