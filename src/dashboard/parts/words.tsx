/** States as a glyph and a word, so that they differ without colour; ages; problems. */
import type { JSX } from 'preact';
import { now } from '../state/live';
import { ageText } from '../state/age';

/** Each state with its glyph and how it is meant. */
const STATES: Readonly<Record<string, readonly [glyph: string, tone: 'good' | 'bad' | 'held' | 'moving' | 'quiet']>> = {
  running: ['●', 'good'],
  ready: ['●', 'good'],
  done: ['✓', 'good'],
  completed: ['✓', 'good'],
  paused: ['‖', 'held'],
  waiting: ['?', 'held'],
  kept: ['!', 'held'],
  degraded: ['◐', 'held'],
  failed: ['✕', 'bad'],
  offline: ['✕', 'bad'],
  crashed: ['✕', 'bad'],
  unknown: ['?', 'bad'],
  rolled_back: ['↩', 'bad'],
  stopped: ['■', 'quiet'],
  terminated: ['■', 'quiet'],
  cancelled: ['■', 'quiet'],
  abandoned: ['■', 'quiet'],
};

/** The place of a list before its first answer: it may be empty. */
export function Reading(): JSX.Element {
  return <p class="quiet">Reading …</p>;
}

/** How much of a name's end stays: names of a kind mostly differ there. */
const TAIL = 8;

/** A name that loses its middle if a long table has too little room for it. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  return (
    <span class="name">
      <span>{text.slice(0, -TAIL)}</span>
      <span>{text.slice(-TAIL)}</span>
    </span>
  );
}

/** A state: its glyph and its word, or `text` in place of the word. A state that is not listed moves (`pausing`, `starting`, …). */
export function State({ word, text = word }: { readonly word: string; readonly text?: string }): JSX.Element {
  const [glyph, tone] = STATES[word] ?? ['◌', 'moving'];
  return (
    <span class={`state ${tone}`}>
      <span aria-hidden="true">{glyph}</span> {text.replaceAll('_', ' ')}
    </span>
  );
}

/** How long ago something was; the exact time is its title. */
export function Age({ at }: { readonly at: string | null | undefined }): JSX.Element {
  if (at === null || at === undefined) return <span class="quiet">unknown</span>;
  return (
    <time dateTime={at} title={at}>
      {ageText(at, now.value)}
    </time>
  );
}

/** How long ago something was, with the word. */
export function Ago({ at }: { readonly at: string | null | undefined }): JSX.Element {
  return (
    <>
      <Age at={at} />
      {at && ' ago'}
    </>
  );
}

/** Why something could not be read; nothing without a problem. */
export function Problem({ text }: { readonly text: string | null }): JSX.Element | null {
  if (text === null) return null;
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}

/** A reason: its first line, and the rest behind a click. */
export function Reason({ text }: { readonly text: string | null | undefined }): JSX.Element | null {
  if (!text) return null;
  const [first = '', ...rest] = text.split('\n');
  if (rest.length === 0) return <span>{first}</span>;
  return (
    <details>
      <summary>{first}</summary>
      <pre>{rest.join('\n')}</pre>
    </details>
  );
}
