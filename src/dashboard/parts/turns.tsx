/** The turns of a run with their inputs and replies, behind a click: the workers that took them are asked only while someone looks. */
import type { JSX } from 'preact';
import type { RunTurns, TurnRecord } from '../../contract/run/turn-record';
import { useObject } from '../state/object';
import { usageText } from './facts';
import { Loaded } from './loaded';
import { OnClick, SameCommand } from './on-click';
import { Ago, Problem, State } from './words';

/** The section with its button. */
export function Turns({ fleet, run }: { readonly fleet: string; readonly run: string }): JSX.Element {
  return (
    <OnClick title="Turns" intro={<SameCommand command={`drover describe run ${fleet}/${run} --turns`} />}>
      <Records path={`/v1/runs/${fleet}/${run}/turns`} />
    </OnClick>
  );
}

function Records({ path }: { readonly path: string }): JSX.Element {
  const shown = useObject<RunTurns>(path);
  return (
    <Loaded of={shown}>
      {({ turns, problems }) => (
        <>
          {problems.map((problem) => (
            <Problem key={problem} text={problem} />
          ))}
          {turns.length === 0 && <p class="quiet">No turn is over yet.</p>}
          <ul class="plain">
            {turns.map((turn) => (
              <Turn key={turn.id} turn={turn} />
            ))}
          </ul>
        </>
      )}
    </Loaded>
  );
}

function Turn({ turn }: { readonly turn: TurnRecord }): JSX.Element {
  const { branch, agent, attempt, startedAt, durationMs, input, reply, error, usage } = turn;
  const used = usageText({ turns: 1, costUsd: 0, inputTokens: 0, outputTokens: 0, ...usage });
  return (
    <li>
      <details>
        <summary>
          <State word={error === undefined ? 'completed' : 'failed'} /> {branch} {agent}{' '}
          <span class="quiet">
            {attempt > 1 && `attempt ${String(attempt)}, `}
            {(durationMs / 1_000).toFixed(1)} s, <Ago at={startedAt} />
            {usage && `, ${used ?? ''}`}
          </span>
        </summary>
        <Part name="Input" value={input} />
        <Part name="Reply" value={reply} />
        <Part name="Error" value={error?.message} />
      </details>
    </li>
  );
}

function Part({ name, value }: { readonly name: string; readonly value: unknown }): JSX.Element | null {
  if (value === undefined) return null;
  return (
    <>
      <h3>{name}</h3>
      <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </>
  );
}
