/** The Markdown card of a lease in Temporal's Web UI. */
import type { LeaseView } from '../../contract/lease';
import { inline } from '../lib/markdown';
import { type Ignored, ignoredLines, troubleLines } from '../lib/troubles';

/** The card as Markdown. `ignored` counts the messages that changed nothing since the run began. */
export function leaseCard({ shard, epoch, agents, ends, troubles = [] }: LeaseView, ignored: Ignored): string {
  const state = ends === null ? 'lasts' : `ends: ${inline(ends)}`;
  return [
    `**lease** ${String(shard)}, epoch ${String(epoch)}: ${state}`,
    '',
    `- ${String(agents)} agents that its gateway vouches for`,
    ...troubleLines(troubles),
    ...ignoredLines(ignored),
  ].join('\n');
}
