/** Pools of credentials: who is on what, and what cools down until when. */
import type { JSX } from 'preact';
import type { PoolView } from '../../contract/pool';
import { Action } from '../parts/action';
import { Age, Problem, Reading } from '../parts/words';
import { call } from '../state/api';
import { pools } from '../state/lists';
import { useObject } from '../state/object';
import { linkTo } from '../state/route';

/** All pools. */
export function PoolsScreen(): JSX.Element {
  const { items, problem, readAt } = pools.read.value;
  return (
    <>
      <h1>Credentials</h1>
      <Problem text={problem} />
      {readAt === null && <Reading />}
      {readAt !== null && items.length === 0 && (
        <p class="quiet">
          No pool is there. <code>subscriptions</code> of a fleet file make some.
        </p>
      )}
      {items.map(({ pool }) => (
        <Pool key={pool} pool={pool} />
      ))}
    </>
  );
}

/** Agents that are named at once; the others are behind a click. */
const NAMED = 3;

function AgentNames({ of: names }: { readonly of: readonly string[] }): JSX.Element {
  const link = (name: string) => <a href={linkTo('agents', ...name.split('/'))}>{name}</a>;
  const list = (some: readonly string[]) => (
    <ul class="plain">
      {some.map((name) => (
        <li key={name}>{link(name)}</li>
      ))}
    </ul>
  );
  return (
    <>
      {list(names.slice(0, NAMED))}
      {names.length > NAMED && (
        <details>
          <summary>and {(names.length - NAMED).toLocaleString('en')} more</summary>
          {list(names.slice(NAMED))}
        </details>
      )}
    </>
  );
}

function Pool({ pool }: { readonly pool: string }): JSX.Element {
  const { value, problem } = useObject<PoolView>(`/v1/pools/${pool}`);
  const reset = (body: object) => (key: string) => call('POST', `/v1/pools/${pool}/reset`, body, key);
  return (
    <section>
      <h2>{pool}</h2>
      <Problem text={problem} />
      {value?.exhaustedUntil && (
        <p>
          Used up; the first credential is free <Age at={value.exhaustedUntil} />.
        </p>
      )}
      <div class="scroll" role="region" aria-label={`Credentials of ${pool}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Credential</th>
              <th scope="col">Agents</th>
              <th scope="col">Failures</th>
              <th scope="col">Cooling down until</th>
              <th scope="col">Action</th>
            </tr>
          </thead>
          <tbody>
            {value?.credentials.map(({ name, agents, failuresInWindow, skippedUntil }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>
                  <AgentNames of={agents} />
                </td>
                <td>{failuresInWindow}</td>
                <td>{skippedUntil === null ? '' : <Age at={skippedUntil} />}</td>
                <td>
                  <Action
                    label={`Reset ${name}`}
                    command={`drover pools reset ${pool} ${name}`}
                    run={reset({ credential: name })}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="buttons">
        <Action label={`Reset all of ${pool}`} command={`drover pools reset ${pool}`} run={reset({})} />
      </p>
    </section>
  );
}
