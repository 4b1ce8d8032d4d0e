/** One run: its branches as a tree, what they wait for, its question, its undo. */
import type { JSX } from 'preact';
import type { RunView } from '../../contract/run';
import { Action } from '../parts/action';
import { AnswerItem } from '../parts/answer';
import { Facts, usageText } from '../parts/facts';
import { Age, Problem, Reason, State } from '../parts/words';
import { call } from '../state/api';
import { inbox } from '../state/lists';
import { useObject } from '../state/object';
import { linkTo } from '../state/route';
import { plainText } from '../state/text';

/** The run with its buttons. */
export function RunScreen({ fleet, run }: { readonly fleet: string; readonly run: string }): JSX.Element {
  const { value, problem, refresh } = useObject<RunView>(`/v1/runs/${fleet}/${run}`);
  const isOpen = value !== null && value.result === null;
  return (
    <>
      <h1>
        <a href={linkTo('fleets', fleet)}>{fleet}</a>/{run}
      </h1>
      <Problem text={problem} />
      {value === null && problem === null && <p class="quiet">Reading …</p>}
      {value !== null && (
        <>
          <p>
            <State word={value.state} />
          </p>
          {isOpen && <Controls fleet={fleet} run={run} done={refresh} />}
          <Questions view={value} />
          <Facts
            of={{
              Task: value.task === undefined ? null : <pre>{plainText(value.task)}</pre>,
              Answer: value.result?.success ? <pre>{plainText(value.result.finalResponse)}</pre> : null,
              Error: value.result?.error ? <pre>{value.result.error}</pre> : null,
              Started: <Age at={value.startedAt} />,
              By: value.startedBy,
              Usage: usageText(value.usage),
            }}
          />
          <Branches view={value} />
          <Barriers view={value} />
          <Undo view={value} />
        </>
      )}
    </>
  );
}

function Controls({
  fleet,
  run,
  done,
}: {
  readonly fleet: string;
  readonly run: string;
  readonly done: () => void;
}): JSX.Element {
  const send = (command: string) => async () => {
    await call('POST', `/v1/runs/${fleet}/${run}/${command}`, {});
    done();
  };
  return (
    <p class="buttons">
      <Action label="Pause" command={`drover runs pause ${fleet}/${run}`} run={send('pause')} />
      <Action label="Resume" command={`drover runs resume ${fleet}/${run}`} run={send('resume')} />
      <Action label="Cancel" isGrave command={`drover runs cancel ${fleet}/${run}`} run={send('cancel')} />
    </p>
  );
}

function Questions({ view }: { readonly view: RunView }): JSX.Element {
  const items = inbox.value.value.items.filter(({ fleet, run }) => fleet === view.fleet && run === view.run);
  return (
    <>
      {items.map((item) => (
        <section key={item.id}>
          <h2>{item.agent} asks</h2>
          <pre>{plainText(item.prompt)}</pre>
          <p class="quiet">
            for <Age at={item.askedAt} />
          </p>
          <AnswerItem item={item} />
        </section>
      ))}
    </>
  );
}

function Branches({ view }: { readonly view: RunView }): JSX.Element {
  const waits = new Map((view.waits ?? []).map((wait) => [wait.branch, wait]));
  const progress = new Map((view.progress ?? []).map((one) => [one.turnId, one]));
  return (
    <>
      <h2>Branches</h2>
      {view.branches.length === 0 && <p class="quiet">None yet.</p>}
      <ul class="tree">
        {view.branches.map(({ id, agents, turns, outcome, error, startedAt }) => {
          const wait = waits.get(id);
          const now = wait?.turnId ? progress.get(wait.turnId) : undefined;
          return (
            <li key={id} style={{ marginLeft: `${String(Math.min(depthOf(id), DEEPEST) * 20)}px` }}>
              <State word={outcome} /> {id} {agents.join(' → ')}{' '}
              <span class="quiet">
                {turns} turns, for <Age at={startedAt} />
              </span>
              <Reason text={wait?.why ?? error} />
              {now && <div class="quiet">{[now.tool, now.text].filter(Boolean).join(': ')}</div>}
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Deeper branches are not moved further to the right. */
const DEEPEST = 8;

/** The id of a branch has its parents' in it, separated by dots. */
function depthOf(id: string): number {
  return id.split('.').length - 1;
}

function Barriers({ view: { result } }: { readonly view: RunView }): JSX.Element | null {
  if (result === null || result.barriers.length === 0) return null;
  return (
    <>
      <h2>Barriers</h2>
      <ul>
        {result.barriers.map(({ agent, arrived, failed, outcome }, index) => (
          <li key={index}>
            <State word={outcome === 'fired' ? 'done' : outcome} /> {agent ?? 'the end'}: {arrived.length} arrived
            {failed.length > 0 && `, ${String(failed.length)} failed (${failed.map(({ from }) => from).join(', ')})`}
          </li>
        ))}
      </ul>
    </>
  );
}

function Undo({ view: { compensation } }: { readonly view: RunView }): JSX.Element | null {
  if (compensation === null) return null;
  return (
    <>
      <h2>Undo: {compensation.state}</h2>
      <ul>
        {compensation.entries.map(({ key, name, outcome, error }) => (
          <li key={key}>
            {name}: {outcome.replaceAll('_', ' ')} <Reason text={error} />
          </li>
        ))}
      </ul>
    </>
  );
}
