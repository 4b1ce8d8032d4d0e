/** The card of a change in Temporal's Web UI. */
import type { ChangeView } from '../../contract/fleet';
import { oneLine, SHORT_BYTES } from '../../contract/text';

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
    ...(error === null ? [] : [`Error: ${oneLine(error, SHORT_BYTES)}`]),
    ...(compensation === null ? [] : [`Compensation: ${compensation.state}, attempt ${String(compensation.attempt)}`]),
    ...forgotten
      .slice(0, AGENTS_SHOWN)
      .map(
        ({ agent, provider, resourceId, key, why }) => `- ${agent} given up: ${provider} ${resourceId ?? key} (${why})`,
      ),
    ...agents.slice(0, AGENTS_SHOWN).map(({ agent, kind, step }) => `- ${agent}: ${kind}, ${step}`),
    ...(agents.length > AGENTS_SHOWN ? [`- … and ${String(agents.length - AGENTS_SHOWN)} more`] : []),
  ];
  return lines.join('\n');
}
