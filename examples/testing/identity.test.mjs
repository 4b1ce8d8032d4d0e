// Promise: parallel branches of one agent keep their own identity and context.
import assert from 'node:assert/strict';
import test from 'node:test';
import { after, final, invoke, script, testFleet } from 'drover/testing';

const file = new URL('fleet.yaml', import.meta.url);
const ask = (agent, request) => ({ agent, request });

test('two branches of the critic answer in the wrong order', async (context) => {
  const seen = [];
  const Critic = ({ branch, agent, input, memory }) => {
    seen.push({ branch, agent, request: input.value, memory: memory.length });
    return final(`${input.value}: fine`);
  };
  const Writer = ({ input }) => {
    if (input.kind === 'task') return invoke([ask('Critic', 'title'), ask('Critic', 'text'), ask('Editor', 'cut')]);
    return final(input.results.map(({ value }) => value).sort());
  };
  const Editor = script(after('5m', final('cut')));
  const t = await testFleet({ file, agents: { Writer, Critic, Editor } });
  context.after(() => t.close());
  const { finalResponse, branches } = await t.run('Write a page');
  assert.deepEqual(finalResponse, ['cut', 'text: fine', 'title: fine']);
  assert.equal(new Set(seen.map(({ branch }) => branch)).size, 2);
  assert.ok(seen.every(({ agent, memory }) => agent === 'Critic' && memory === 0));
  assert.equal(branches.length, 4);
});
