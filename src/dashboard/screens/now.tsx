/** The objects that need a person, the state of everything, and the last failures. */
import type { JSX } from 'preact';
import { Action } from '../parts/action';
import { AnswerItem } from '../parts/answer';
import { Age, Ago, Problem, Reading, Reason, State } from '../parts/words';
import { call } from '../state/api';
import { needs } from '../state/badge';
import { agents, fleets, inbox, pools, runs } from '../state/lists';
import type { Need } from '../state/needs';
import { linkTo } from '../state/route';

/** Failed runs that are shown. */
const LAST_FAILURES = 10;

/** How each need looks: as this state. */
const LOOKS: Readonly<Record<Need['what'], string>> = {
  'agent failed': 'failed',
  'agent offline': 'offline',
  'no answer': 'unknown',
  question: 'waiting',
  permission: 'waiting',
  gate: 'waiting',
  'pool used up': 'degraded',
  'change failed': 'failed',
};

/** The first screen. */
export function NowScreen(): JSX.Element {
  const list = needs.value;
  const reads = [agents, fleets, pools, runs, inbox].map(({ read }) => read.value);
  const isRead = reads.every(({ readAt }) => readAt !== null);
  return (
    <>
      <h1>Needs you</h1>
      <Counts />
      <Problem text={reads.find(({ problem }) => problem !== null)?.problem ?? null} />
      {isRead && list.length === 0 && <p class="quiet">Nothing needs a person.</p>}
      {!isRead && list.length === 0 && <Reading />}
      <ul class="needs now">
        {list.map((need) => (
          <li key={need.id} class={LOOKS[need.what] === 'waiting' ? '' : 'bad'}>
            <NeedText of={need} />
            <NeedActions of={need} />
          </li>
        ))}
      </ul>
      <LastFailures />
    </>
  );
}

function NeedText({ of: { what, subject, why, since, path } }: { readonly of: Need }): JSX.Element {
  return (
    <div>
      <State word={LOOKS[what]} text={what} /> <a href={linkTo(...path)}>{subject}</a>{' '}
      {since !== null && (
        <span class="quiet">
          for <Age at={since} />
        </span>
      )}
      <div>
        <Reason text={why} />
      </div>
    </div>
  );
}

/** The buttons for the most frequent commands; the screen behind the link has the others. */
function NeedActions({ of: { what, subject, item } }: { readonly of: Need }): JSX.Element | null {
  if (item !== undefined) return <AnswerItem item={item} />;
  const command = what === 'agent failed' ? 'start' : what === 'agent offline' ? 'restart' : null;
  if (command === null) return null;
  return (
    <p class="buttons">
      <Action
        label={command === 'start' ? 'Start' : 'Restart'}
        command={`drover ${command} ${subject}`}
        run={(key) => call('POST', `/v1/agents/${subject}/${command}`, {}, key)}
      >
        <p>{subject}</p>
      </Action>
    </p>
  );
}

function Counts(): JSX.Element | null {
  const { items, readAt } = agents.read.value;
  if (readAt === null) return null;
  const counts = new Map<string, number>();
  for (const { phase, problem } of items) {
    const word = problem === null ? phase : 'unknown';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return (
    <p class="counts">
      {items.length === 0 ? (
        <span class="quiet">
          No agent is there. <code>drover apply -f fleet.yaml</code> makes some.
        </span>
      ) : (
        [...counts].sort().map(([word, count]) => (
          <span key={word}>
            {count.toLocaleString('en')} <State word={word} />
          </span>
        ))
      )}
      <span class="quiet">
        read <Ago at={new Date(readAt).toISOString()} />
      </span>
    </p>
  );
}

function LastFailures(): JSX.Element {
  const { items, readAt } = runs.read.value;
  const failed = items.filter(({ state }) => ['failed', 'unknown'].includes(state)).slice(0, LAST_FAILURES);
  return (
    <>
      <h2>Last failed runs</h2>
      {readAt !== null && failed.length === 0 && <p class="quiet">None.</p>}
      <ul class="plain">
        {failed.map(({ fleet, run, state, endedAt, startedAt }) => (
          <li key={`${fleet}/${run}`}>
            <State word={state} />{' '}
            <a href={linkTo('runs', fleet, run)}>
              {fleet}/{run}
            </a>{' '}
            <span class="quiet">
              <Ago at={endedAt ?? startedAt} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
