/** Everything that waits for a person: questions, permissions and gates. */
import type { JSX } from 'preact';
import { WAITING_KINDS, type WaitingItem } from '../../contract/run/inbox';
import { Action } from '../parts/action';
import { AnswerItem } from '../parts/answer';
import { Context } from '../parts/context';
import { Age, Ago, Problem, Reading } from '../parts/words';
import { call } from '../state/api';
import { inbox } from '../state/lists';
import { linkTo } from '../state/route';
import { plainText } from '../../contract/text';

/** The effect of the deadline, in words. */
const AT_DEADLINE = {
  default: 'its default becomes the answer',
  fail: 'its branch fails',
  hold: 'it waits on',
} as const;

/** The items, oldest first. */
export function InboxScreen(): JSX.Element {
  const { items, problem, readAt } = inbox.read.value;
  const kinds = WAITING_KINDS.filter((kind) => kind !== 'question' && items.some((item) => item.kind === kind));
  return (
    <>
      <h1>Inbox</h1>
      <Problem text={problem} />
      {readAt === null && <Reading />}
      {readAt !== null && items.length === 0 && <p class="quiet">Nothing waits for a person.</p>}
      <p class="buttons">
        {kinds.map((kind) => (
          <Action
            key={kind}
            label={`Deny every ${kind}`}
            isGrave
            command={`drover inbox deny --kind ${kind}`}
            run={(key) => call('POST', '/v1/inbox/deny', { kind }, key)}
          />
        ))}
      </p>
      <ul class="needs">
        {items.map((item) => (
          <Item key={item.id} item={item} />
        ))}
      </ul>
    </>
  );
}

function Item({ item }: { readonly item: WaitingItem }): JSX.Element {
  const { kind, fleet, run, agent, prompt, context, askedAt, deadline, onDeadline, isExpired, isPaused } = item;
  return (
    <li>
      <strong>{kind}</strong>{' '}
      <a href={linkTo('runs', fleet, run)}>
        {fleet}/{run}
      </a>{' '}
      <span class="quiet">
        {agent} asked <Ago at={askedAt} />
        {isPaused && '; its run is paused, and no time passes'}
        {isExpired && '; its deadline has passed'}
        {deadline !== undefined && !isExpired && (
          <>
            ; deadline <Age at={deadline} />
            {onDeadline !== undefined && `, then ${AT_DEADLINE[onDeadline]}`}
          </>
        )}
      </span>
      <pre>{plainText(prompt)}</pre>
      <Context of={context} />
      <AnswerItem item={item} />
    </li>
  );
}
