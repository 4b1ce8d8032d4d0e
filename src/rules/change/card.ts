/** The card of a change in Temporal's Web UI. */
import type { ChangeView } from '../../contract/fleet';
import { inline } from '../lib/markdown';

/** The most agents that the card names. */
const AGENTS_SHOWN = 30;

/** Markdown for `setCurrentDetails`. */
export function changeCard({
  revision,
  state,
  steps,
  error,
  compensation,
  agents,
  forgotten = [],
}: ChangeView): string {
  const { created, woken, ready, total } = steps;
  const lines = [
    `**Revision ${String(revision)}: ${state}** – ${String(created)} created, ${String(woken)} woken, ${String(ready)} of ${String(total)} finished`,
    '',
    ...(error === null ? [] : [`Error: ${inline(error)}`, '']),
    ...(compensation === null ? [] : compensationLines(compensation)),
    ...forgotten
      .slice(0, AGENTS_SHOWN)
      .map(
        ({ agent, provider, resourceId, key, why }) =>
          `- ${agent} given up: ${provider} ${inline(resourceId ?? key)} (${inline(why)})`,
      ),
    ...agents.slice(0, AGENTS_SHOWN).map(({ agent, kind, step }) => `- ${agent}: ${kind}, ${step}`),
    ...(agents.length > AGENTS_SHOWN ? [`- … and ${String(agents.length - AGENTS_SHOWN)} more`] : []),
  ];
  return lines.join('\n');
}

/** The outcome of the undo for each resource, in its order. */
function compensationLines({ state, attempt, entries }: NonNullable<ChangeView['compensation']>): string[] {
  return [
    `Compensation: ${state}, attempt ${String(attempt)}`,
    '',
    ...entries
      .slice(0, AGENTS_SHOWN)
      .map(({ name, outcome, error }) => `- undo of ${name}: ${outcome}${error === null ? '' : ` (${inline(error)})`}`),
    '',
  ];
}
