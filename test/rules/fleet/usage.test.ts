import { addUsageLeft } from '../../../src/rules/fleet/usage';
import { newFleet } from '../../../src/rules/fleet/state';
import { fleetTold } from '../../../src/rules/fleet/told';
import { fleetView } from '../../../src/rules/fleet/view';
import { parseFleetState } from '../../../src/rules/fleet/carried';

const usage = { turns: 1, costUsd: 0.5, inputTokens: 2, outputTokens: 3 };

test('an ended agent counts once, another one of its name too', () => {
  const fleet = newFleet({ v: 1, fleet: 'f' }, 'i');
  expect(fleetView(fleet)).not.toHaveProperty('usage');
  const once = addUsageLeft(fleet, { agent: 'A', key: 'k1', usage });
  expect(fleetView(once).usage).toEqual(usage);
  expect(addUsageLeft(once, { agent: 'A', key: 'k1', usage })).toBe(once);
  const twice = addUsageLeft(once, { agent: 'A', key: 'k2', usage });
  expect([fleet, once, twice].map((state) => fleetTold(state).usage?.turns)).toEqual([undefined, 1, 2]);
  expect(fleetView(twice).usage).toEqual({ turns: 2, costUsd: 1, inputTokens: 4, outputTokens: 6 });
  expect(parseFleetState(JSON.parse(JSON.stringify(twice)), 'state')).toEqual(twice);
});
