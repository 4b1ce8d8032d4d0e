/** A patch that only the tests have. */
import type { Patch } from '../../../src/workflows/patches';

export const MEMO_FIRST: Patch = {
  id: '0.0.2-memo-first',
  changes: 'a memo is written before the timer; before, there was only the timer',
  since: '0.0.2',
  deprecatedIn: '0.0.3',
  removedIn: '0.0.4',
};
