/** An object that is read: a word while it is not there, and its problem beside what was read before. */
import type { ComponentChildren, JSX } from 'preact';
import type { Shown } from '../state/object';
import { Problem, Reading } from './words';

/** The object as `children` shows it. */
export function Loaded<T>({
  of: { value, problem },
  children,
}: {
  readonly of: Shown<T>;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  return (
    <>
      <Problem text={problem} />
      {value === null && problem === null && <Reading />}
      {value !== null && children(value)}
    </>
  );
}
