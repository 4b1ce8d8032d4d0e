/** A button with its dialog: what will happen, the command line that does the same, and a refusal in its own words. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { CallError, isConnected, newKey } from '../state/api';
import { readAgain } from '../state/live';
import { mayAct } from '../state/session';
import { Problem } from './words';

/** An action. `command` is the command line that does the same. */
export interface ActionProps {
  readonly label: string;
  readonly command: string;
  readonly role?: 'operator' | 'admin';
  /** It cannot be taken back. */
  readonly isGrave?: boolean;
  /** Why it would be refused at the moment, as far as the page knows. It can be tried all the same. */
  readonly whyNot?: string | null | undefined;
  /** More fields of the dialog. */
  readonly children?: ComponentChildren;
  /** Makes the call under this key. A text that it returns is shown, and the dialog stays open. */
  readonly run: (key: string) => Promise<unknown>;
}

const QUIET = { isBusy: false, said: null };

/** The button; nothing for a role that may not do it. */
export function Action({
  label,
  command,
  role = 'operator',
  isGrave = false,
  whyNot = null,
  children,
  run,
}: ActionProps): JSX.Element | null {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const key = useRef(newKey());
  const [state, setState] = useState<{ isBusy: boolean; said: string | null }>(QUIET);
  if (!mayAct(role)) return null;

  async function confirm(event: Event): Promise<void> {
    event.preventDefault();
    setState({ isBusy: true, said: null });
    try {
      const said = await run(key.current);
      key.current = newKey();
      setState({ isBusy: false, said: typeof said === 'string' ? said : null });
      if (typeof said !== 'string') dialog.current?.close();
    } catch (error) {
      // Without an answer the command may have been taken: pressing again repeats it, and does not give it twice.
      if (!(error instanceof CallError && error.isOpen)) key.current = newKey();
      setState({ isBusy: false, said: error instanceof Error ? error.message : String(error) });
    }
    readAgain();
  }

  return (
    <>
      <button
        class={classOf(isGrave, whyNot)}
        title={whyNot ?? undefined}
        disabled={!isConnected.value}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={title} onClose={() => setState(QUIET)}>
        <form onSubmit={(event) => void confirm(event)}>
          <h2 id={title}>{label}</h2>
          {whyNot !== null && state.said === null && <p class="quiet">Not possible at the moment: {whyNot}</p>}
          {children}
          <p>
            The same on the command line: <code>{command}</code>
          </p>
          <Problem text={state.said} />
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

/** A button whose action is not possible now has a dashed border. */
function classOf(isGrave: boolean, whyNot: string | null): string {
  return [isGrave ? 'grave' : '', whyNot === null ? '' : 'not-now'].filter(Boolean).join(' ');
}
