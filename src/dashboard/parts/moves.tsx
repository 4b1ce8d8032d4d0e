/** The moves of an agent's state machine from where it is. */
import type { JSX } from 'preact';
import type { Move } from '../../contract/agent';

/** The commands that are possible now, and behind a click why the others are not. */
export function Moves({ of: moves = [] }: { readonly of: readonly Move[] | undefined }): JSX.Element | null {
  if (moves.length === 0) return null;
  const possible = moves.filter(({ why }) => why === null).map(({ command }) => command);
  const refused = moves.filter(({ why }) => why !== null);
  return (
    <details>
      <summary>Possible now: {possible.length === 0 ? 'nothing' : possible.join(', ')}</summary>
      <ul>
        {refused.map(({ command, why }) => (
          <li key={command}>
            <strong>{command}</strong>: {why}
          </li>
        ))}
      </ul>
    </details>
  );
}
