/** The Markdown card of a pool in Temporal's Web UI. */
import type { PoolListItem, PoolView } from '../../contract/pool';
import { type Ignored, ignoredLines, troubleLines } from '../lib/troubles';

/** The card as Markdown. `ignored` counts the messages that changed nothing since the run began. */
export function poolCard(view: PoolView, ignored: Ignored): string {
  const rows = view.credentials.map(
    ({ name, agents, failuresInWindow, skippedUntil }) =>
      `| ${name} | ${String(agents.length)} | ${String(failuresInWindow)} | ${skippedUntil ?? 'free'} |`,
  );
  const state = view.exhaustedUntil === null ? '' : `\n\nExhausted until ${view.exhaustedUntil}.`;
  const noise = [...troubleLines(view.troubles ?? []), ...ignoredLines(ignored)];
  return (
    ['| credential | agents | failures | skipped until |', '| --- | --- | --- | --- |', ...rows].join('\n') +
    state +
    (noise.length === 0 ? '' : `\n\n${noise.join('\n')}`)
  );
}

/** The row of a pool in lists; it changes with assignments and failures. */
export function poolSummary({ credentials, exhaustedUntil }: PoolView): Omit<PoolListItem, 'pool' | 'problem'> {
  return {
    credentials: credentials.length,
    free: credentials.filter(({ skippedUntil }) => skippedUntil === null).length,
    agents: credentials.reduce((sum, { agents }) => sum + agents.length, 0),
    failuresInWindow: credentials.reduce((sum, { failuresInWindow }) => sum + failuresInWindow, 0),
    exhaustedUntil,
  };
}
