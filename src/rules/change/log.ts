/** The events of the agents in a change: what a step of its workflow adds to its log. */
import type { NewEntry } from '../../contract/event/log';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import type { ChangeRun } from './run';

/** An event for every agent that has come to another step. */
export function stepsBetween(before: ChangeRun, after: ChangeRun): NewEntry[] {
  if (before.progress === after.progress) return [];
  const { fleet, revision, changeId } = after.input;
  return Object.values(after.progress).flatMap((progress): NewEntry[] => {
    const { agent, kind, step, error } = progress;
    const earlier = before.progress[agent];
    if (earlier === progress || (earlier?.step === step && earlier.error === error)) return [];
    const why = error === null ? null : boundedText(error, SHORT_BYTES);
    return [
      { type: 'change.step', data: { fleet, revision, changeId, agent: `${fleet}/${agent}`, kind, step, error: why } },
    ];
  });
}
