import fc from 'fast-check';
import { play, readCase, withDelays } from '../../support/scenarios';
import { runs } from '../../support/runs';

const MARS = {
  success: true,
  finalResponse: 'MARS',
  error: null,
};
const FAN_IN = {
  branch: '0',
  agent: 'Orchestrator',
  arrived: ['AgentA', 'AgentB', 'AgentD'],
  failed: [],
  outcome: 'fired',
};

test('MARS, in 200 random orders of replies', async () => {
  const scenario = readCase('mars');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), { minLength: 7, maxLength: 7 }), async (delays) => {
      const left = [...delays];
      const result = await play(withDelays(scenario, () => left.pop() ?? 0));
      expect(result).toMatchObject({ ...MARS, turns: 6 });
      expect(result.barriers[0]).toEqual(FAN_IN);
      expect(result.branches.find(({ id }) => id === '0')?.turns).toBe(2);
    }),
    { numRuns: runs(200) },
  );
});

test('a wrong edge is corrected in its own branch, and touches no other', async () => {
  const result = await play(readCase('mars-wrong-edge'));
  expect(result).toMatchObject({ ...MARS, turns: 7 });
  expect(result.barriers[0]).toEqual(FAN_IN);
  const ofA = result.trace?.filter(({ agent }) => agent === 'AgentA') ?? [];
  expect(ofA.map(({ input }) => input.kind)).toEqual(['request', 'invalid']);
  expect(ofA[1]?.input).toMatchObject({ reason: 'Agent AgentA cannot invoke: [AgentD]', mayInvoke: ['Orchestrator'] });
  const others = result.trace?.filter(({ agent }) => agent !== 'AgentA') ?? [];
  expect(others.some(({ input }) => input.kind === 'invalid')).toBe(false);
});

test('one of two workers fails under the strict policy', async () => {
  const result = await play(readCase('strict-failure'));
  expect(result).toMatchObject({ success: false, finalResponse: null });
  expect(result.error).toBe(
    'ROOT failure: insufficient arrivals: 0 of 1 (A: insufficient arrivals: 1 of 2 (B2: b2 died))',
  );
  expect(result.branches.map(({ id, agents, outcome }) => [id, agents[0], outcome])).toEqual([
    ['0', 'A', 'failed'],
    ['0.0', 'B1', 'completed'],
    ['0.1', 'B2', 'failed'],
  ]);
  expect(result.branches[2]?.error).toBe('b2 died');
});

test('the same under the policy any ends with the second reply', async () => {
  const scenario = readCase('strict-failure');
  const result = await play({ ...scenario, topology: { ...scenario.topology, convergence: 'any' } });
  expect(result).toMatchObject({ success: true, finalResponse: 'done' });
});
