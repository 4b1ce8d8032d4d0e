import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve, testFleet } from 'drover/testing';

test('the agent answers', async () => {
  const file = new URL('fleet.yaml', import.meta.url);
  const t = await testFleet({ file, agents: { Greeter: serve('python', 'agent.py') } });
  try {
    const run = await t.run('Mars');
    assert.equal(run.error, null);
    assert.equal(run.finalResponse, 'Hello, Mars!');
  } finally {
    await t.close();
  }
});
