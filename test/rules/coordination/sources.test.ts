import { createSources } from '../../../src/rules/coordination/fan-out/sources';
import type { Contribution } from '../../../src/rules/coordination/state';

const counts = { steps: 1, handOvers: [] };
const from = (agent: string, branch: string, value: unknown): Contribution => ({
  to: 'A',
  from: agent,
  branch,
  value,
  counts,
});

test('a source that has failed stays failed when it arrives again', () => {
  const sources = createSources();
  sources.fail({ from: 'B', branch: '0.0', error: 'died' });
  sources.arrive(from('B', '0.0', 'late'));
  expect(sources.arrived()).toBe(0);
  expect(sources.results('branches')).toEqual([]);
  expect(sources.failed()).toEqual([{ from: 'B', branch: '0.0', error: 'died' }]);
});

test('a source that fails after it arrived counts as failed only', () => {
  const sources = createSources();
  sources.arrive(from('B', '0.0', 'early'));
  sources.arrive(from('C', '0.1', 'fine'));
  sources.fail({ from: 'B', branch: '0.0', error: 'died' });
  expect(sources.arrived()).toBe(1);
  expect(sources.results('arrival')).toEqual([{ from: 'C', branch: '0.1', value: 'fine' }]);
  expect(sources.reasons()).toBe('B: died');
});
