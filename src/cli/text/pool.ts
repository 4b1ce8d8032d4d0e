/** Text of a pool for people. */
import type { PoolView } from '../../contract/pool';
import { facts, table } from '../lib/output';
import { troubleFacts } from './trouble';

/** The text of `describe pool`. */
export function poolText({ pool, credentials, exhaustedUntil, troubles }: PoolView): string {
  const rows = credentials.map(({ name, agents, failuresInWindow, skippedUntil }) => [
    name,
    agents.join(', ') || '-',
    String(failuresInWindow),
    skippedUntil ?? '-',
  ]);
  const lines = facts([['Pool', pool], ['Exhausted until', exhaustedUntil ?? '-'], ...troubleFacts(troubles)]);
  return [lines, '', table(['CREDENTIAL', 'AGENTS', 'FAILURES', 'SKIPPED UNTIL'], rows, ['FAILURES'])].join('\n');
}
