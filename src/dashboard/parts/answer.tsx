/** The answer to a waiting item: one of its options, or a text. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { WaitingItem } from '../../contract/run/inbox';
import { call } from '../state/api';
import { plainText } from '../../contract/text';
import { Action } from './action';

/** The buttons of an item. An answer to a question that has changed since is refused. */
export function AnswerItem({ item }: { readonly item: WaitingItem }): JSX.Element {
  const { id, prompt, options, digest, deadline } = item;
  const [text, setText] = useState('');
  const [extension, setExtension] = useState('1h');
  const path = `/v1/inbox/${encodeURIComponent(id)}`;
  const answer = (value: unknown) => (key: string) => call('POST', `${path}/answer`, { value, digest }, key);
  return (
    <p class="buttons">
      {options?.map((option) => (
        <Action
          key={plainText(option)}
          label={plainText(option)}
          command={`drover answer ${id} ${JSON.stringify(plainText(option))}`}
          run={answer(option)}
        >
          <pre>{plainText(prompt)}</pre>
        </Action>
      ))}
      {options === undefined && (
        <Action label="Answer" command={`drover answer ${id} ${JSON.stringify(text)}`} run={answer(text)}>
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
