// Promise: of two resumes at the same time, one wins and the other is refused.
import assert from 'node:assert/strict';
import test from 'node:test';
import { final, script, testFleet } from 'drover/testing';

const file = new URL('fleet.yaml', import.meta.url);
const done = script(final('done'));

test('two operators resume the same agent', async (context) => {
  const t = await testFleet({ file, agents: { Writer: done, Critic: done, Editor: done } });
  context.after(() => t.close());
  await t.pause('Writer');
  const answers = await Promise.allSettled([t.resume('Writer'), t.resume('Writer')]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const refused = answers.find(({ status }) => status === 'rejected');
  assert.equal(refused.reason.code, 'ResumeStateError');
  assert.equal(t.provider.count('continue', 'Writer'), 1);
  assert.equal((await t.agent('Writer')).status, 'running');
});
