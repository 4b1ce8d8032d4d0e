/** One run: its branches as a tree, what they wait for, its question, its undo. */
import type { JSX } from 'preact';
import { runWorkflowId } from '../../contract/names';
import { errorInWords } from '../../contract/run/error-words';
import type { RunView } from '../../contract/run';
import { Action } from '../parts/action';
import { AnswerItem } from '../parts/answer';
import { Audit } from '../parts/audit';
import { Branches } from '../parts/branches';
import { Context } from '../parts/context';
import { Facts, usageText } from '../parts/facts';
import { Loaded } from '../parts/loaded';
import { shellWord } from '../parts/shell-word';
import { TemporalLink } from '../parts/temporal-link';
import { Turns } from '../parts/turns';
import { Ago, Reason, State } from '../parts/words';
import { call } from '../state/api';
import { inbox } from '../state/lists';
import { useObject } from '../state/object';
import { startRun } from '../state/start-run';
import { linkTo } from '../state/route';
import { plainText } from '../../contract/text';

/** The run with its buttons. */
export function RunScreen({ fleet, run }: { readonly fleet: string; readonly run: string }): JSX.Element {
  const shown = useObject<RunView>(`/v1/runs/${fleet}/${run}`);
  return (
    <>
      <h1>
        <a href={linkTo('fleets', fleet)}>{fleet}</a>/{run}
      </h1>
      <Loaded of={shown}>{(view) => <Run view={view} />}</Loaded>
    </>
  );
}

function Run({ view }: { readonly view: RunView }): JSX.Element {
  const { task, result } = view;
  return (
    <>
      <p>
        <State word={view.state} />
      </p>
      {result === null ? <Controls view={view} /> : <Again view={view} />}
      <Questions view={view} />
      <Facts
        of={{
          Task: task === undefined ? null : <pre>{plainText(task)}</pre>,
          Answer: result?.success ? <pre>{plainText(result.finalResponse)}</pre> : null,
          Error: result?.error ? <pre>{errorInWords(result.error)}</pre> : null,
          Started: <Ago at={view.startedAt} />,
          By: view.startedBy,
          Usage: usageText(view.usage),
          Workflow: <TemporalLink id={runWorkflowId(view.fleet, view.run)} />,
        }}
      />
      <Branches view={view} />
      <Barriers view={view} />
      <Undo view={view} />
      <Turns fleet={view.fleet} run={view.run} />
      <Audit fleet={view.fleet} run={view.run} />
    </>
  );
}

function Controls({ view: { fleet, run } }: { readonly view: RunView }): JSX.Element {
  const send = (command: string) => (key: string) => call('POST', `/v1/runs/${fleet}/${run}/${command}`, {}, key);
  return (
    <p class="buttons">
      <Action label="Pause" command={`drover runs pause ${fleet}/${run}`} run={send('pause')} />
      <Action label="Resume" command={`drover runs resume ${fleet}/${run}`} run={send('resume')} />
      <Action label="Cancel" isGrave command={`drover runs cancel ${fleet}/${run}`} run={send('cancel')} />
    </p>
  );
}

/** An ended run is started again with the same task, as a new run. */
function Again({ view: { fleet, task } }: { readonly view: RunView }): JSX.Element | null {
  if (task === undefined) return null;
  return (
    <p class="buttons">
      <Action
        label="Run again"
        command={`drover run ${fleet} ${shellWord(plainText(task))}`}
        run={(key) => startRun(fleet, task, key)}
      />
    </p>
  );
}

function Questions({ view }: { readonly view: RunView }): JSX.Element {
  const items = inbox.read.value.items.filter(({ fleet, run }) => fleet === view.fleet && run === view.run);
  return (
    <>
      {items.map((item) => (
        <section key={item.id}>
          <h2>
            {item.agent} asks{' '}
            <small class="quiet">
              <Ago at={item.askedAt} />
            </small>
          </h2>
          <pre>{plainText(item.prompt)}</pre>
          <Context of={item.context} />
          <AnswerItem item={item} />
        </section>
      ))}
    </>
  );
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
