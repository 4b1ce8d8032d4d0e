/** Two branches take turns at the same time with agents of different edges; each is validated as itself. */
import type { RunResult } from '../../../src/contract/run';
import type { simulate as simulateType } from '../../../src/rules/simulate/simulate';
import { MUTATED_FILE, SHARED_IDENTITY } from '../../mutants/shared-identity';
import { loadMutant } from '../../support/mutant';
import { final, readCase, scenarioOf, settle, to } from '../../support/scenarios';

type Simulate = typeof simulateType;

const RELEASED_CROSSWISE = scenarioOf(['Start -> O', 'O -> Left', 'O -> Right', 'Left -> O', 'Right -> Helper'], {
  O: [to('Left', 1, 'Right', 2), final('end')],
  // Left asks first and answers last: a check by "the agent that asked last" takes it for Helper.
  Left: [{ ...to('O', 'left'), delay: '30ms' }],
  Right: [{ ...to('Helper', 'right'), delay: '10ms' }],
  Helper: [{ ...final('helped'), delay: '5ms' }],
});

function expectOwnIdentities(result: RunResult): void {
  expect(result.trace?.filter(({ input }) => input.kind === 'invalid')).toEqual([]);
  expect(result.barriers[0]?.arrived).toEqual(['Left', 'Helper']);
  expect(result).toMatchObject({ success: true, turns: 5 });
}

function loadSimulate(): Simulate {
  let simulate: Simulate | undefined;
  jest.isolateModules(() => {
    ({ simulate } = jest.requireActual<{ simulate: Simulate }>('../../../src/rules/simulate/simulate'));
  });
  if (!simulate) throw new Error('simulate was not loaded');
  return simulate;
}

describe('each branch is validated as itself', () => {
  afterEach(() => {
    jest.dontMock(MUTATED_FILE);
  });

  test('as the code is', async () => {
    expectOwnIdentities(await loadSimulate()(RELEASED_CROSSWISE, { trace: true, settle }));
  });

  test('the mutant that keeps the replying agent in module state fails the same check, and MARS', async () => {
    jest.doMock(MUTATED_FILE, () => loadMutant(MUTATED_FILE, SHARED_IDENTITY, (path) => jest.requireActual(path)));
    const simulate = loadSimulate();
    const crossed = await simulate(RELEASED_CROSSWISE, { trace: true, settle });
    expect(() => {
      expectOwnIdentities(crossed);
    }).toThrow();
    const mars = await simulate(readCase('mars'), { trace: true, settle });
    expect(mars.error).toContain('AgentB');
  });
});
