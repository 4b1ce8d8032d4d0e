/** A section behind a click: what it shows is read only while someone looks. */
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';

/** The section's title, an introduction that needs no reading, and what the click opens. */
export interface OnClickProps {
  readonly title: string;
  readonly intro?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** The section with its button. `children` are not on the page while it is closed. */
export function OnClick({ title, intro, children }: OnClickProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{title}</h2>
      </summary>
      {intro}
      {isOpen && children}
    </details>
  );
}

/** The command that shows the same. */
export function SameCommand({ command }: { readonly command: string }): JSX.Element {
  return (
    <p class="quiet">
      The same on the command line: <code>{command}</code>
    </p>
  );
}
