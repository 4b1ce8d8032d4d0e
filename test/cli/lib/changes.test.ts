/** The text of a failed change: each error stands once. */
import { failureText } from '../../../src/cli/lib/changes';
import type { ChangeView } from '../../../src/contract/fleet';

const change: ChangeView = {
  changeId: 'c1',
  revision: 1,
  state: 'rolled_back',
  steps: { created: 1, woken: 1, ready: 0, total: 1 },
  compensation: null,
  error: null,
  agents: [],
  ids: {},
};
const failed = (agent: string, error: string) => ({ agent, kind: 'create', step: 'failed', error }) as const;

test.each<[string, Partial<ChangeView>, string]>([
  [
    'of its agents',
    {
      error: 'A: exited with code 1: Error: x; B: exited with code 2',
      agents: [
        failed('A', 'exited with code 1: Error: x; its last lines:\nError: x'),
        failed('B', 'exited with code 2'),
      ],
    },
    'the change of fleet mars is rolled_back:\n' +
      '  mars/A: exited with code 1: Error: x; its last lines:\nError: x\n' +
      '  mars/B: exited with code 2',
  ],
  [
    'that several agents share',
    { agents: [failed('W-1', 'no file\n  at x'), failed('A', 'other'), failed('W-2', 'no file\n  at x')] },
    'the change of fleet mars is rolled_back: no reason known\n' +
      '  mars/W-1, mars/W-2: no file\n  at x\n' +
      '  mars/A: other',
  ],
  ['of its own', { error: 'cancelled: typo' }, 'the change of fleet mars is rolled_back: cancelled: typo'],
  [
    'of both',
    { error: 'cancelled: typo; A: too late', agents: [failed('A', 'too late')] },
    'the change of fleet mars is rolled_back: cancelled: typo\n  mars/A: too late',
  ],
  ['unknown', {}, 'the change of fleet mars is rolled_back: no reason known'],
])('an error %s', (_, more, text) => {
  expect(failureText('mars', { ...change, ...more })).toBe(text);
});
