/** Labels in a fleet file, and selectors that choose by them. */
import { labelsText, selector } from '../../../src/contract/agent/labels';
import { fleetSpecSchema } from '../../../src/contract/schemas/fleet-file';
import { replicasOf } from '../../../src/rules/fleet/spec/replicas';
import { agentSpec } from '../../../src/rules/agent/spec/spec';

const LABELS = { team: 'red', 'example.com/tier': 'test-1', empty: '' };

test.each<[string, boolean]>([
  ['team=red', true],
  ['team==red', true],
  ['team=blue', false],
  ['team!=blue', true],
  ['team!=red', false],
  ['other!=red', true],
  ['other=red', false],
  ['team', true],
  ['other', false],
  ['!other', true],
  ['!team', false],
  ['empty=', true],
  ['team=', false],
  ['example.com/tier=test-1', true],
  ['team=red,example.com/tier=test-1', true],
  ['team=red, empty!=x', true],
  ['team=red,other', false],
  ['toString', false],
  ['!constructor', true],
])('selector %s: %s', (text, chosen) => {
  expect(selector(text)(LABELS)).toBe(chosen);
});

test.each([
  '',
  ' ',
  ',',
  'a,',
  '=x',
  'a=b=c',
  '!a=b',
  'a b',
  'a=b c',
  '-a',
  'a in (b)',
  `${'a'.repeat(64)}`,
  'A.com/b/c',
])('a selector "%s" is refused', (text) => {
  expect(() => selector(text)).toThrow('invalid selector');
});

const fleetWith = (labels: unknown): unknown => ({ agents: [{ name: 'A', provider: 'external', labels }] });

test.each<[string, unknown, boolean]>([
  ['none', {}, true],
  ['words', LABELS, true],
  ['63 characters', { ['k'.repeat(63)]: 'v'.repeat(63) }, true],
  ['a key of 64', { ['k'.repeat(64)]: 'v' }, false],
  ['a value of 64', { k: 'v'.repeat(64) }, false],
  ['a key with a space', { 'a b': 'c' }, false],
  ['an empty key', { '': 'c' }, false],
  ['a key that ends with a dash', { 'a-': 'c' }, false],
  ['a number', { k: 1 }, false],
  ['a list', ['k'], false],
  ['as many as allowed', Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${String(i)}`, 'v'])), true],
  ['one more', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${String(i)}`, 'v'])), false],
])('a fleet file with labels, %s: at the edge and in the sandbox alike', (_, labels, valid) => {
  const fleet = fleetWith(labels) as { agents: unknown[] };
  expect(fleetSpecSchema.safeParse(fleet).success).toBe(valid);
  const parsed = (): unknown => agentSpec(fleet.agents[0], 'agent');
  if (valid) expect(parsed()).toMatchObject({ labels });
  else expect(parsed).toThrow('labels');
});

it('replicas have the labels of their agent', () => {
  const replicas = replicasOf({ name: 'A', provider: 'external', replicas: 2, labels: { team: 'red' } });
  expect(replicas.map(({ labels }) => labels)).toEqual([{ team: 'red' }, { team: 'red' }]);
});

it('a line of them is sorted', () => {
  expect(labelsText({ b: '2', a: '1' })).toBe('a=1,b=2');
  expect(labelsText(undefined)).toBe('-');
});
