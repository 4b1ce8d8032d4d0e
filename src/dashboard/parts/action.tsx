/** A button with its dialog: what will happen, the command line that does the same, and a refusal in its own words. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { isConnected } from '../state/api';
import { eventCount } from '../state/live';
import { refreshAll } from '../state/lists';
import { mayAct } from '../state/session';
import { Problem } from './words';

/** An action. `command` is the command line that does the same. */
export interface ActionProps {
  readonly label: string;
  readonly command: string;
  readonly role?: 'operator' | 'admin';
  /** It cannot be taken back. */
  readonly isGrave?: boolean;
  /** More fields of the dialog. */
  readonly children?: ComponentChildren;
  /** Makes the call. A text that it returns is shown. */
  readonly run: () => Promise<unknown>;
}

/** The button; nothing for a role that may not do it. */
export function Action({
  label,
  command,
  role = 'operator',
  isGrave = false,
  children,
  run,
}: ActionProps): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [state, setState] = useState<{ isBusy: boolean; error: Error | null }>({ isBusy: false, error: null });
  if (!mayAct(role)) return null;

  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    setState({ isBusy: true, error: null });
    try {
      await run();
      setState({ isBusy: false, error: null });
      dialog.current?.close();
    } catch (error) {
      setState({ isBusy: false, error: error instanceof Error ? error : new Error(String(error)) });
    }
    refreshAll();
    eventCount.value += 1;
  }

  return (
    <>
      <button class={isGrave ? 'grave' : ''} disabled={!isConnected.value} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={title} onClose={() => setState({ isBusy: false, error: null })}>
        <form onSubmit={(event) => void confirm(event)}>
          <h2 id={title}>{label}</h2>
          {children}
          <p>
            The same on the command line: <code>{command}</code>
          </p>
          {state.error && <Problem text={state.error.message} />}
          <p class="buttons">
            <button class={isGrave ? 'grave' : 'main'} disabled={state.isBusy || !isConnected.value}>
              {state.isBusy ? 'Working …' : label}
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </p>
        </form>
      </dialog>
    </>
  );
}
