import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, final } from 'drover/agent';
import { script, testFleet } from 'drover/testing';

// The fleet without the model: a script stands for Coder, and time is skipped.
test('a question of the agent reaches the human, and the answer ends the task', async () => {
  const file = new URL('fleet.yaml', import.meta.url);
  const Coder = script(ask('Coder asks for permission: npm test'), final('All tests pass.'));
  const t = await testFleet({ file, agents: { Coder }, human: [{ answer: 'allow', delay: '2h' }] });
  try {
    const run = await t.run('Run the tests');
    assert.equal(run.error, null);
    assert.equal(run.finalResponse, 'All tests pass.');
  } finally {
    await t.close();
  }
});
