/** Waiting items for people. */
import type { InboxList } from '../../client';
import type { WaitingItem } from '../../contract/run/inbox';
import { oneLine, plainText } from '../../contract/text';
import { table } from '../lib/output';
import { when } from './age';

const PROMPT_BYTES = 200;

/** The items as a table, then the runs that did not answer. */
export function inboxText({ items, unanswered }: InboxList): string {
  const lost = unanswered.map(({ fleet, run, why }) => `unknown: ${fleet}/${run} does not answer: ${why}`);
  const shown =
    items.length === 0
      ? ['nothing waits for a person']
      : [
          table(
            ['ID', 'KIND', 'AGENT', 'ASKED', 'DEADLINE', 'PROMPT'],
            items.map((item) => [
              item.id,
              item.kind,
              `${item.fleet}/${item.agent}`,
              when(item.askedAt),
              deadlineText(item),
              promptText(item),
            ]),
            ['AGENT', 'ASKED', 'DEADLINE'],
          ),
        ];
  return [...shown, ...lost].join('\n');
}

/** When an item is over, and what happens then. */
function deadlineText({ deadline, onDeadline, isExpired, isPaused }: WaitingItem): string {
  if (isExpired) return 'passed, waits on';
  if (onDeadline === undefined) return '-';
  return isPaused || deadline === undefined ? `paused, then ${onDeadline}` : `${deadline}, then ${onDeadline}`;
}

function promptText({ prompt, options }: WaitingItem): string {
  const text = oneLine(plainText(prompt), PROMPT_BYTES);
  return options === undefined ? text : `${text} [${options.map(plainText).join(', ')}]`;
}
