/** What needs a person, how everything is, and what went wrong last. */
import type { JSX } from 'preact';
import { Age, Problem, Reason, State } from '../parts/words';
import { agents, fleets, inbox, pools, runs } from '../state/lists';
import { needs } from '../state/badge';
import { linkTo } from '../state/route';

/** Failed runs that are shown. */
const LAST_FAILURES = 10;

/** The first screen. */
export function NowScreen(): JSX.Element {
  const list = needs.value;
  const problem = [agents, fleets, pools, runs, inbox]
    .map(({ read }) => read.value.problem)
    .find((text) => text !== null);
  const isRead = agents.read.value.readAt !== null;
  return (
    <>
      <h1>Needs you</h1>
      <Problem text={problem ?? null} />
      {isRead && list.length === 0 && <p class="quiet">Nothing needs a person.</p>}
      {!isRead && <p class="quiet">Reading …</p>}
      <ul class="needs">
        {list.map(({ id, what, subject, why, since, path }) => (
          <li key={id}>
            <strong>{what}</strong> <a href={linkTo(...path)}>{subject}</a>{' '}
            {since !== null && (
              <span class="quiet">
                for <Age at={since} />
              </span>
            )}
            <div>
              <Reason text={why} />
            </div>
          </li>
        ))}
      </ul>
      <Counts />
      <LastFailures />
    </>
  );
}

function Counts(): JSX.Element {
  const { items, readAt } = agents.read.value;
  const counts = new Map<string, number>();
  for (const { phase, problem } of items) {
    const word = problem === null ? phase : 'unknown';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return (
    <>
      <h2>Agents by state</h2>
      <p>
        {items.length === 0 ? (
          <span class="quiet">No agent is there. drover apply -f fleet.yaml makes some.</span>
        ) : (
          [...counts].sort().map(([word, count]) => (
            <span key={word} class="count">
              {count} <State word={word} />
            </span>
          ))
        )}
      </p>
      {readAt !== null && (
        <p class="quiet">
          Read <Age at={new Date(readAt).toISOString()} /> ago.
        </p>
      )}
    </>
  );
}

function LastFailures(): JSX.Element {
  const failed = runs.read.value.items
    .filter(({ state }) => ['failed', 'unknown'].includes(state))
    .slice(0, LAST_FAILURES);
  return (
    <>
      <h2>Last failed runs</h2>
      {failed.length === 0 && <p class="quiet">None.</p>}
      <ul>
        {failed.map(({ fleet, run, state, endedAt, startedAt }) => (
          <li key={`${fleet}/${run}`}>
            <State word={state} />{' '}
            <a href={linkTo('runs', fleet, run)}>
              {fleet}/{run}
            </a>{' '}
            <span class="quiet">
              <Age at={endedAt ?? startedAt} /> ago
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
