// Promise: a burst of failures switches an agent's credential once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { final, script, testFleet } from 'drover/testing';

const file = new URL('fleet.yaml', import.meta.url);
const done = script({ ...final('done'), repeat: true });

test('the limit of a credential is reached', async (context) => {
  const t = await testFleet({ file, agents: { Writer: done, Critic: done, Editor: done } });
  context.after(() => t.close());
  t.failCredential('sub-a', { kind: 'rate_limit' });
  const burst = [1, 2, 3].map(() => t.reportFailure('Writer', { subscription: 'sub-a', assignment: 1 }));
  const [run] = await Promise.all([t.run('Write a page'), ...burst]);
  assert.equal(run.finalResponse, 'done');
  const types = (await t.events()).map(({ type }) => type);
  assert.equal(types.filter((type) => type === 'subscription.switched').length, 1);
  assert.equal((await t.agent('Writer')).subscription.name, 'sub-b');
});
