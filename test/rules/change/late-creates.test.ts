import type { AgentSpec } from '../../../src/contract/agent';
import type { CompensationEntry } from '../../../src/contract/fleet/compensation';
import { isRefusal, mayLandLate, wasNeverMade } from '../../../src/rules/change/late-creates';

const entry: CompensationEntry = {
  ...{ kind: 'external', name: 'A', key: 'k', resourceId: null },
  ...{ outcome: 'pending', error: null },
};
const service: AgentSpec = { name: 'A', provider: 'external', external: { create: 'http://s/create' } };

test.each<[string, boolean, CompensationEntry, AgentSpec]>([
  ['a service whose answer never came', true, entry, service],
  ['a service that has answered with an id', false, { ...entry, resourceId: 'r' }, service],
  ['a service that has nothing to create', false, entry, { name: 'A', provider: 'external' }],
  ['a process, whose directory refuses it', false, entry, { name: 'A', provider: 'process' }],
  ['a container, whose name is taken', false, entry, { name: 'A', provider: 'docker' }],
])('%s: a create may land late: %s', (_, expected, of, spec) => {
  expect(mayLandLate(of, spec)).toBe(expected);
});

test('nothing was made of a create that was refused at once; of one that has an id, it was', () => {
  expect(wasNeverMade(entry, true)).toBe(true);
  expect(wasNeverMade(entry, false)).toBe(false);
  expect(wasNeverMade({ ...entry, resourceId: 'r' }, true)).toBe(false);
});

test.each([
  ['refused for good at the first attempt', { permanent: true, attempt: 1 }, true],
  ['refused for good after one that got lost', { permanent: true, attempt: 2 }, false],
  ['failed in passing', { permanent: false, attempt: 1 }, false],
  ['nothing known', undefined, false],
])('%s', (_, details, expected) => {
  expect(isRefusal({ code: 'ProviderError', message: 'no', ...(details ? { details } : {}) })).toBe(expected);
});
