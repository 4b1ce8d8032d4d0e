// Promise: an agent has the liveness that its beats prove.
import assert from 'node:assert/strict';
import test from 'node:test';
import { final, script, silentAfter, testFleet } from 'drover/testing';

const file = new URL('fleet.yaml', import.meta.url);
const done = script(final('done'));

test('an agent that falls silent is offline, and the others are not', async (context) => {
  const t = await testFleet({ file, agents: { Writer: done, Critic: done, Editor: silentAfter('3m', done) } });
  context.after(() => t.close());
  await t.skip('3m');
  assert.equal((await t.agent('Editor')).liveness, 'ready');
  await t.skip('1h');
  assert.equal((await t.agent('Editor')).liveness, 'offline');
  assert.equal((await t.agent('Writer')).liveness, 'ready');
  const offline = (await t.events()).filter(({ type }) => type === 'agent.offline');
  assert.deepEqual(
    offline.map(({ data }) => data.agent),
    ['press/Editor'],
  );
});
