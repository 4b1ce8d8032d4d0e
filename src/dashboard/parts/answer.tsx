/** The answer to a waiting item: one of its options, or a text. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { WaitingItem } from '../../contract/run/inbox';
import { shellWord } from './shell-word';
import { call } from '../state/api';
import { plainText } from '../../contract/text';
import { Action } from './action';

interface Choice {
  readonly label: string;
  readonly value: unknown;
  readonly isGrave: boolean;
}

/** A gate takes nothing else. */
const YES_OR_NO: readonly Choice[] = [
  { label: 'Approve', value: 'yes', isGrave: false },
  { label: 'Refuse', value: 'no', isGrave: true },
];

function asChoice(option: unknown): Choice {
  return { label: plainText(option), value: option, isGrave: false };
}

/** The buttons of an item. An answer to a question that has changed since is refused. */
export function AnswerItem({ item }: { readonly item: WaitingItem }): JSX.Element {
  const { id, kind, prompt, options, digest, deadline } = item;
  const [text, setText] = useState('');
  const [extension, setExtension] = useState('1h');
  const choices = kind === 'gate' ? YES_OR_NO : options?.map(asChoice);
  const path = `/v1/inbox/${encodeURIComponent(id)}`;
  const answer = (value: unknown) => (key: string) => call('POST', `${path}/answer`, { value, digest }, key);
  return (
    <p class="buttons">
      {choices?.map(({ label, value, isGrave }) => (
        <Action
          key={label}
          label={label}
          isGrave={isGrave}
          command={`drover answer ${id} ${shellWord(plainText(value))}`}
          run={answer(value)}
        >
          <pre>{plainText(prompt)}</pre>
        </Action>
      ))}
      {choices === undefined && (
        <Action label="Answer" command={`drover answer ${id} ${shellWord(text)}`} run={answer(text)}>
          <pre>{plainText(prompt)}</pre>
          <label>
            Your answer{' '}
            <textarea required rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </label>
        </Action>
      )}
      {deadline !== undefined && (
        <Action
          label="Extend"
          command={`drover inbox extend ${id} ${extension}`}
          run={(key) => call('POST', `${path}/extend`, { extension }, key)}
        >
          <label>
            By <input required value={extension} onInput={(event) => setExtension(event.currentTarget.value)} />
          </label>
        </Action>
      )}
    </p>
  );
}
