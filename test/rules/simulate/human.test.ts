import { final, play, scenarioOf, to } from '../../support/scenarios';

const FLOWS = ['Start -> A', 'A <-> B', 'A <-> C', 'B -> User', 'C -> User', 'A -> User'];
const ask = (question: string, more: object = {}): { action: string; question: string } => ({
  action: 'ask',
  question,
  ...more,
});

test('one open question at a time, in order of arrival', async () => {
  const result = await play(
    scenarioOf(FLOWS, {
      A: [to('B', 1, 'C', 1), final('end')],
      B: [{ ...ask('b?'), delay: '2ms' }, final('b')],
      C: [{ ...ask('c?'), delay: '1ms' }, final('c')],
      User: [{ answer: 'first', delay: '1h' }, { answer: 'second' }],
    }),
  );
  const answers = result.trace?.flatMap(({ input }) =>
    input.kind === 'answer' ? [[input.question, input.value]] : [],
  );
  expect(answers).toEqual([
    ['c?', 'first'],
    ['b?', 'second'],
  ]);
});

test('without an answer in time the default is it; without a default the branch fails', async () => {
  const late = { User: [{ answer: 'late', delay: '2h' }] };
  const withDefault = scenarioOf(FLOWS, { A: [ask('a?', { timeout: '1h', default: 'none' }), final('end')], ...late });
  const input = (await play(withDefault)).trace?.[1]?.input;
  expect(input).toEqual({ kind: 'answer', question: 'a?', value: 'none' });
  const without = await play(scenarioOf(FLOWS, { A: [ask('a?', { timeout: '1h' })], ...late }));
  expect(without.error).toContain('(A: no answer within 1h)');
});

test('invoking User is a question; without the edge it is invalid', async () => {
  const asked = await play(scenarioOf(FLOWS, { A: [to('User', 'a?'), final('end')], User: [{ answer: 1 }] }));
  expect(asked.trace?.[1]?.input).toEqual({ kind: 'answer', question: 'a?', value: 1 });
  const refused = await play(scenarioOf(['Start -> A'], { A: [ask('a?'), final('end')] }));
  expect(refused.trace?.[1]?.input).toMatchObject({ kind: 'invalid', reason: 'Agent A cannot invoke: [User]' });
});

test('a human without a script is a reason, not a hang', async () => {
  const result = await play(scenarioOf(FLOWS, { A: [ask('a?')] }));
  expect(result.error).toContain('script exhausted: User');
});
