import type { Usage } from '../../../../src/contract/usage';
import { addTurn, usageSince } from '../../../../src/rules/lib/turn/usage';

const of = (turns: number, costUsd: number): Usage => ({
  turns,
  costUsd,
  inputTokens: 10 * turns,
  outputTokens: turns,
});

test.each<[string, Usage | undefined, Usage | undefined, Usage | undefined]>([
  ['the first turn', undefined, of(1, 0.1), of(1, 0.1)],
  ['one more', of(2, 0.1), of(3, 0.3), of(1, 0.2)],
  ['a free one', of(2, 0.1), of(3, 0.1), of(1, 0)],
  ['none', of(2, 0.1), of(2, 0.1), undefined],
  ['none at all', undefined, undefined, undefined],
])('what came to a sum: %s', (_what, before, now, since) => {
  expect(usageSince(before, now)).toEqual(since);
});

test('what came adds up to the sum again', () => {
  const before = addTurn(undefined, { costUsd: 0.1, inputTokens: 3 });
  const now = addTurn(before, { costUsd: 0.2, outputTokens: 4 });
  expect(usageSince(before, now)).toEqual({ turns: 1, costUsd: 0.2, inputTokens: 0, outputTokens: 4 });
});
