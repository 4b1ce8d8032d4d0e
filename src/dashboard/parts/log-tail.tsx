/** The end of an agent's log, behind a click: its host is asked only while someone looks. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLogTail } from '../state/log-tail';
import { Loaded } from './loaded';

/** Pixels from the end at which a reader counts as being there. */
const NEAR_END_PX = 24;

/** The section with its button. */
export function LogTail({ fleet, agent }: { readonly fleet: string; readonly agent: string }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>Log</h2>
      </summary>
      <p class="quiet">
        The same on the command line:{' '}
        <code>
          drover logs {fleet}/{agent} --follow
        </code>
      </p>
      {isOpen && <Lines path={`/v1/agents/${fleet}/${agent}/logs`} />}
    </details>
  );
}

function Lines({ path }: { readonly path: string }): JSX.Element {
  const shown = useLogTail(path);
  const box = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [shown.value]);
  return (
    <Loaded of={shown}>
      {(lines) => (
        <pre
          ref={box}
          class="log-tail"
          role="region"
          aria-label="Log"
          tabIndex={0}
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
            (isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX)
          }
        >
          {lines.length === 0 ? 'The log is empty.' : lines.map(({ line }) => line).join('\n')}
        </pre>
      )}
    </Loaded>
  );
}
