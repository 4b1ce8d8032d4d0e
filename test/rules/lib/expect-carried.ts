/** The state that one run of an entity leaves, as the next one finds it. */
import { isDeepStrictEqual } from 'node:util';
import type { Parser } from '../../../src/rules/lib/parse';

/** The state comes through JSON and its parser unchanged: with all that it has. */
export function expectCarried<T>(parse: Parser<T>, state: T): void {
  const again = parse(JSON.parse(JSON.stringify(state)), 'state');
  // Where they differ, the slow comparison says in what.
  if (!isDeepStrictEqual(again, state)) expect(again).toEqual(state);
}
