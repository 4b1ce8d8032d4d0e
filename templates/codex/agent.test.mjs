import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, final } from 'drover/agent';
import { script, testFleet } from 'drover/testing';

// The fleet without the model: a script stands for Coder, and time is skipped.
test('a question of the agent reaches the human, and the answer ends the task', async () => {
  const file = new URL('fleet.yaml', import.meta.url);
  const Coder = script(ask('Which of the two files?'), final('Done.'));
  const t = await testFleet({ file, agents: { Coder }, human: [{ answer: 'the first', delay: '2h' }] });
  try {
    const run = await t.run('Tidy up');
    assert.equal(run.error, null);
    assert.equal(run.finalResponse, 'Done.');
  } finally {
    await t.close();
  }
});
