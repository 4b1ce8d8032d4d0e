/** The end of an agent's log, behind a click: its host is asked only while someone looks. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useLogTail } from '../state/log-tail';
import { Loaded } from './loaded';
import { OnClick, SameCommand } from './on-click';

/** Pixels from the end at which a reader counts as being there. */
const NEAR_END_PX = 24;

/** The section with its button. */
export function LogTail({ fleet, agent }: { readonly fleet: string; readonly agent: string }): JSX.Element {
  return (
    <OnClick title="Log" intro={<SameCommand command={`drover logs ${fleet}/${agent} --follow`} />}>
      <Lines path={`/v1/agents/${fleet}/${agent}/logs`} />
    </OnClick>
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
