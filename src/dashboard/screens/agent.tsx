/** One agent: its state, why, and every command of its life. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AgentView } from '../../contract/agent';
import { agentWorkflowId } from '../../contract/names';
import { Action } from '../parts/action';
import { Audit } from '../parts/audit';
import { Facts, usageText } from '../parts/facts';
import { Loaded } from '../parts/loaded';
import { LogTail } from '../parts/log-tail';
import { Moves } from '../parts/moves';
import { shellWord } from '../parts/shell-word';
import { TemporalLink } from '../parts/temporal-link';
import { Age, Ago, Reason, State } from '../parts/words';
import { call } from '../state/api';
import { useObject } from '../state/object';
import { linkTo } from '../state/route';

/** Decisions that are shown. */
const LAST_DECISIONS = 20;

const COMMANDS = [
  ['pause', 'Pause'],
  ['resume', 'Resume'],
  ['stop', 'Stop'],
  ['start', 'Start'],
  ['restart', 'Restart'],
] as const;

/** The agent with its buttons. */
export function AgentScreen({ fleet, agent }: { readonly fleet: string; readonly agent: string }): JSX.Element {
  const shown = useObject<AgentView>(`/v1/agents/${fleet}/${agent}`);
  return (
    <>
      <h1>
        <a href={linkTo('fleets', fleet)}>{fleet}</a>/{agent}
      </h1>
      <Loaded of={shown}>
        {(view) => (
          <>
            <p>
              <State word={view.phase} /> <Reason text={view.why} />
            </p>
            <Commands view={view} />
            <Moves of={view.moves} />
            <AgentFacts view={view} />
            <Turns view={view} />
            <Decisions view={view} />
            <LogTail fleet={fleet} agent={agent} />
            <Audit fleet={fleet} agent={agent} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Commands({ view: { fleet, name: agent, moves = [] } }: { readonly view: AgentView }): JSX.Element {
  const [reason, setReason] = useState('');
  const send = (command: string) => async (key: string) => {
    await call('POST', `/v1/agents/${fleet}/${agent}/${command}`, reason === '' ? {} : { reason }, key);
    setReason('');
  };
  const why = reason === '' ? '' : ` --reason ${shellWord(reason)}`;
  const whyNot = new Map(moves.map((move) => [move.command as string, move.why]));
  const field = (
    <p>
      <label>
        Reason <input value={reason} maxLength={200} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
    </p>
  );
  return (
    <p class="buttons">
      {COMMANDS.map(([command, label]) => (
        <Action
          key={command}
          label={label}
          command={`drover ${command} ${fleet}/${agent}${why}`}
          run={send(command)}
          whyNot={whyNot.get(command)}
        >
          {field}
        </Action>
      ))}
      <Action label="Terminate" isGrave command={`drover terminate ${fleet}/${agent}${why}`} run={send('terminate')}>
        <p>The agent ends for good. Only another apply of its fleet makes it again.</p>
        {field}
      </Action>
    </p>
  );
}

function AgentFacts({ view }: { readonly view: AgentView }): JSX.Element {
  const { holds, subscription, turns } = view;
  return (
    <Facts
      of={{
        Runtime: <State word={view.runtime} />,
        Liveness: <State word={view.liveness} />,
        'Last proof of life': <Ago at={view.lastBeatAt ?? view.lastProofAt} />,
        Holds: holds.map(({ name, reason }) => (reason === null ? name : `${name} (${reason})`)).join(', '),
        Turns: `${String(turns.inFlight)} in flight, ${String(turns.queued)} queued`,
        Restarts: view.restarts,
        Credential: subscription === null ? null : `${subscription.pool}/${subscription.name}`,
        Usage: usageText(view.usage),
        Provider: view.provider,
        Process: view.pid === undefined ? null : `${String(view.pid)} on ${view.host ?? 'its host'}`,
        Endpoint: view.endpoint,
        Session: view.session,
        'Held by': view.heldBy?.join(', '),
        Workflow: <TemporalLink id={agentWorkflowId(view.fleet, view.name)} />,
        Troubles: view.troubles?.map(({ what, why }) => `${what}: ${why}`).join('\n'),
      }}
    />
  );
}

function Turns({ view: { openTurns = [], fleet } }: { readonly view: AgentView }): JSX.Element {
  return (
    <>
      <h2>Open turns</h2>
      {openTurns.length === 0 && <p class="quiet">None.</p>}
      <ul class="plain">
        {openTurns.map(({ turnId, run, state, attempt, since, error }) => (
          <li key={turnId}>
            <State word={state === 'queued' ? 'waiting' : 'running'} />{' '}
            <a href={linkTo('runs', fleet, run)}>{turnId}</a>, attempt {attempt}, for <Age at={since} />{' '}
            <Reason text={error} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Decisions({ view: { decisions = [] } }: { readonly view: AgentView }): JSX.Element {
  const last = decisions.slice(-LAST_DECISIONS).reverse();
  return (
    <>
      <h2>Last decisions</h2>
      {last.length === 0 && <p class="quiet">None.</p>}
      <ol class="log" reversed>
        {last.map(({ at, by, what, accepted, after, why }, index) => (
          <li key={`${at} ${String(index)}`}>
            <Ago at={at} />: <strong>{what}</strong>
            {accepted ? ` → ${after}` : ', refused'} <span class="quiet">by {by}</span> <Reason text={why} />
          </li>
        ))}
      </ol>
    </>
  );
}
