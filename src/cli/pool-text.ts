/** A pool as people read it. */
import type { PoolView } from '../contract/pool';
import { facts, table } from './output';

/** What `describe pool` prints. */
export function poolText({ pool, credentials, exhaustedUntil }: PoolView): string {
  const rows = credentials.map(({ name, agents, failuresInWindow, skippedUntil }) => [
    name,
    agents.join(', ') || '-',
    String(failuresInWindow),
    skippedUntil ?? '-',
  ]);
  const lines = facts([
    ['Pool', pool],
    ['Exhausted until', exhaustedUntil ?? '-'],
  ]);
  return [lines, '', table(['CREDENTIAL', 'AGENTS', 'FAILURES', 'SKIPPED UNTIL'], rows)].join('\n');
}
