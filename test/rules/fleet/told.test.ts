/** Which fleets lists leave out. */
import type { FleetTold } from '../../../src/contract/fleet';
import { isGhost } from '../../../src/rules/fleet/told';

test.each<[FleetTold, boolean]>([
  [{ revision: 1, state: 'rolled_back', agents: 0 }, true],
  [{ revision: 0, state: null, agents: 0 }, true],
  [{ revision: 1, state: 'changing', agents: 0 }, false],
  [{ revision: 1, state: 'done', agents: 0 }, false],
  [{ revision: 1, state: 'failed', agents: 0 }, true],
  [{ revision: 2, state: 'failed', agents: 1 }, false],
  [{ revision: 2, state: 'rolled_back', agents: 1 }, false],
])('%j', (told, ghost) => {
  expect(isGhost(told)).toBe(ghost);
});
