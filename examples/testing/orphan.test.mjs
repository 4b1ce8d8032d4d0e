// Promise: a start that fails leaves no agent without an owner, even when an answer was lost.
import assert from 'node:assert/strict';
import test from 'node:test';
import { final, script, testFleet } from 'drover/testing';

const file = new URL('fleet.yaml', import.meta.url);
const done = script(final('done'));

test('the editor cannot be started', async (context) => {
  const t = await testFleet({ file, agents: { Writer: done, Critic: done, Editor: done }, apply: false });
  context.after(() => t.close());
  t.provider.failNext('create', 'after', { agent: 'Writer' });
  t.provider.failNext('wake', 'before', { agent: 'Editor', permanent: true, message: 'no room' });
  const { state, error } = await t.apply();
  assert.equal(state, 'rolled_back');
  assert.match(error, /Editor.*no room/);
  assert.deepEqual(t.provider.held(), []);
});
