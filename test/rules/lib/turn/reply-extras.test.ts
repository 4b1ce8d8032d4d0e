import { replyParts } from '../../../../src/rules/lib/turn/reply-extras';
import { addTurn, sumOfUsage } from '../../../../src/rules/lib/turn/usage';

const final = { action: 'final', response: 1 };

test.each<[string, unknown, object]>([
  ['a plain reply', final, { bare: final, usage: null, warnings: [] }],
  ['no object', 'text', { bare: 'text', usage: null, warnings: [] }],
  ['an unknown action stays whole', { action: 'dance', x: 1 }, { bare: { action: 'dance', x: 1 }, warnings: [] }],
  ['an action of the prototype', { action: 'toString' }, { bare: { action: 'toString' }, warnings: [] }],
  [
    'usage and metadata',
    { ...final, undo: 2, usage: { costUsd: 0.1, inputTokens: 5, model: 'm' }, metadata: { any: ['json'] } },
    { bare: { ...final, undo: 2 }, usage: { costUsd: 0.1, inputTokens: 5, model: 'm' }, warnings: [] },
  ],
  ['empty usage', { ...final, usage: {} }, { bare: final, usage: {}, warnings: [] }],
  [
    'an unknown key',
    { ...final, tokens: 3 },
    {
      bare: final,
      warnings: ['reply.tokens: unknown key; known are action, response, undo, usage, metadata, session'],
    },
  ],
  [
    'a key of another action',
    { ...final, invocations: [] },
    { bare: final, warnings: [expect.stringMatching(/^reply\.invocations: unknown key/)] },
  ],
  [
    'an unknown key of an invocation',
    { action: 'invoke', invocations: [{ agent: 'B', request: 1, priority: 2 }, 'x'] },
    {
      bare: { action: 'invoke', invocations: [{ agent: 'B', request: 1 }, 'x'] },
      warnings: ['reply.invocations[0].priority: unknown key; known are agent, request'],
    },
  ],
  [
    'an unknown key of usage leaves the rest',
    { ...final, usage: { inputTokens: 1, cached: 2 } },
    {
      bare: final,
      usage: { inputTokens: 1 },
      warnings: ['reply.usage.cached: unknown key; known are costUsd, inputTokens, outputTokens, model'],
    },
  ],
  ...(
    [null, 7, { costUsd: -1 }, { costUsd: '1' }, { inputTokens: 1.5 }, { outputTokens: 1e13 }, { model: 3 }] as const
  ).map((usage): [string, unknown, object] => [
    `wrong usage ${JSON.stringify(usage)}`,
    { ...final, usage },
    { bare: final, usage: null, warnings: [expect.stringMatching(/^reply\.usage/)] },
  ]),
  ['metadata of 4 KiB', { ...final, metadata: 'x'.repeat(4094) }, { bare: final, warnings: [] }],
  [
    'one byte more',
    { ...final, metadata: 'x'.repeat(4095) },
    { bare: final, warnings: ['reply.metadata: 4097 bytes, at most 4096 are allowed'] },
  ],
])('%s', (_, reply, expected) => {
  expect(replyParts(reply)).toEqual({ usage: null, ...expected });
});

test('many and long unknown keys are bounded', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`${String(n)}${'k'.repeat(5_000)}`, 1]));
  const { warnings } = replyParts({ ...final, ...many });
  expect(warnings).toHaveLength(5);
  expect(JSON.stringify(warnings).length).toBeLessThan(2_000);
});

test('sums have no more digits than what they are made of', () => {
  const tenth = { costUsd: 0.1, inputTokens: 1 };
  const sum = addTurn(addTurn(addTurn(undefined, tenth), tenth), tenth);
  expect(sum).toEqual({ turns: 3, costUsd: 0.3, inputTokens: 3, outputTokens: 0 });
  expect(addTurn(sum, null)).toBe(sum);
  expect(sumOfUsage([undefined, sum, sum])).toEqual({ turns: 6, costUsd: 0.6, inputTokens: 6, outputTokens: 0 });
  expect(sumOfUsage([undefined])).toBeUndefined();
});
