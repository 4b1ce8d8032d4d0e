/** Presents a change: its view and its result. */
import { boundedList } from '../../contract/text';
import { withShares } from '../lib/shares';
import type { ChangeView, ProvisionResult } from '../../contract/fleet';
import type { ChangeRun } from './run';

/** The view of a change. */
export function changeView(run: ChangeRun): ChangeView {
  const agents = Object.values(run.progress);
  const { state, attempt, entries, audit, metrics } = run.record;
  const shown = run.input.undo !== undefined || state !== 'pending' || run.state === 'kept';
  const finished = agents.filter(({ step }) => step === 'ready' || step === 'updated' || step === 'deleted').length;
  return {
    changeId: run.input.changeId,
    revision: run.input.revision,
    state: run.state,
    steps: {
      created: run.created.length + run.parts.created,
      woken: run.woken.length + run.parts.woken,
      ready: finished,
      total: agents.length,
    },
    compensation: shown ? { state, attempt, entries: withShares(entries), audit, metrics } : null,
    error: errorText(run),
    ...(run.stop?.code && { code: run.stop.code }),
    agents,
    ids: Object.fromEntries(
      Object.entries(run.owned).flatMap(([agent, { resourceId }]) =>
        resourceId === null ? [] : [[agent, resourceId]],
      ),
    ),
    ...(run.forgotten.length === 0 ? {} : { forgotten: run.forgotten }),
  };
}

/**
 * Every failed agent with its reason, after the reason of the stop if no agent's failure caused
 * it.
 */
function errorText({ stop, progress }: ChangeRun): string | null {
  if (!stop) return null;
  const failures = Object.values(progress).flatMap(({ agent, error }) =>
    error === null ? [] : [`${agent}: ${firstLine(error)}`],
  );
  const all = stop.why === 'failed' && failures.length > 0 ? failures : [stop.message, ...failures];
  return boundedList(all);
}

/** An error without the lines of a log that follow it; the agent's own error has them. */
function firstLine(error: string): string {
  return (error.split('\n')[0] ?? '').replace(/; its last lines:$/, '');
}

/** The result that the fleet receives. */
export function changeResult(run: ChangeRun): ProvisionResult {
  return { change: changeView(run), agents: run.owned, record: run.record };
}
