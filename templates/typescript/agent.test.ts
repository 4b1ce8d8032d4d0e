import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFleet } from 'drover/testing';
import { onTurn } from './agent.ts';

test('the agent greets', async () => {
  const t = await testFleet({ file: new URL('fleet.yaml', import.meta.url), agents: { Greeter: onTurn } });
  try {
    const run = await t.run('Mars');
    assert.equal(run.error, null);
    assert.equal(run.finalResponse, 'Hello, Mars!');
  } finally {
    await t.close();
  }
});
