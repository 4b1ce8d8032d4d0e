/** The context of a branch at its start: turns left, counts, and the rendezvous outside of it. */
import { final, play, scenarioOf, to } from '../../support/scenarios';
import { playRecorded } from '../../support/recorded-run';

const bad = { action: 'dance' };

test('max_agents: never more branches of one fan-out at once, in the order of the targets', async () => {
  const names = ['W0', 'W1', 'W2', 'W3', 'W4', 'W5'];
  const script = {
    A: [to(...names.flatMap((name) => [name, 1])), final('end')],
    ...Object.fromEntries(names.map((name) => [name, [{ ...final(name), delay: '10ms' }]])),
  };
  const flows = ['Start -> A', ...names.map((name) => `A <-> ${name}`)];
  const bounded = await playRecorded(scenarioOf(flows, script, { rules: ['max_agents(2)'] }));
  expect(bounded.mostAtOnce).toBe(2);
  expect(bounded.contexts.map(({ agent }) => agent)).toEqual(['A', ...names]);
  expect((await playRecorded(scenarioOf(flows, script))).mostAtOnce).toBe(6);
});

test('max_turns_total: a branch that starts later has what its siblings left', async () => {
  const { contexts } = await playRecorded(
    scenarioOf(
      ['Start -> A', 'A <-> B', 'A <-> C', 'B -> D', 'D -> A'],
      { A: [to('B', 1, 'C', 2), final('end')], B: [to('D', 1)], D: [final('d')], C: [final('c')] },
      { rules: ['max_turns_total(20)', 'max_agents(1)'] },
    ),
  );
  // A takes one turn before it fans out; B and D take two more before C starts.
  expect(contexts.map(({ agent, turnsLeft }) => [agent, turnsLeft])).toEqual([
    ['A', 20],
    ['B', 19],
    ['C', 17],
  ]);
});

test('max_turns_total: siblings that start later fail by it', async () => {
  const loop = [to('A', 1)];
  const { result } = await playRecorded(
    scenarioOf(
      ['Start -> A', 'A <-> B', 'A <-> C', 'B -> D', 'D -> A'],
      { A: [to('B', 1, 'C', 2), final('end')], B: [to('D', 1)], D: loop, C: loop },
      { rules: ['max_turns_total(3)', 'max_agents(1)'] },
    ),
  );
  expect(result.error).toContain('C: max_turns_total(3) reached');
});

test.each(['0ms', '1m'])('a rendezvous starts with the highest count of each kind, C after %s', async (delay) => {
  const { contexts } = await playRecorded(
    scenarioOf(
      ['Start -> A', 'A -> B', 'A -> C', 'B <-> E', 'B -> X', 'C -> X', 'X -> A'],
      {
        A: [to('B', 1, 'C', 2), final('end')],
        B: [to('E', 1), { ...to('X', 'b'), delay: '10s' }],
        E: [to('B', 1)],
        C: [{ ...to('X', 'c'), delay }],
        X: [final('x')],
      },
      { rules: ['max_turns(B <-> E, 9)', 'max_turns(C <-> X, 9)'] },
    ),
  );
  expect(contexts.find(({ agent }) => agent === 'X')?.counts).toEqual({ steps: 3, handOvers: [2, 1] });
});

test('a branch that starts while values are kept for a rendezvous passes its own up to it', async () => {
  const scenario = scenarioOf(
    ['Start -> A', 'A -> B', 'A -> C', 'B -> X', 'C -> D', 'C -> E', 'D -> X', 'E -> X', 'X -> A', 'C -> A'],
    {
      A: [to('B', 1, 'C', 2), final('end')],
      B: [to('X', 'b')],
      C: [to('D', 1, 'E', 2)],
      D: [to('X', 'd')],
      E: [to('X', 'e')],
      X: [final('x')],
    },
    { rules: ['max_agents(1)'] },
  );
  const { contexts, requests } = await playRecorded(scenario);
  expect(contexts.find(({ agent }) => agent === 'C')?.outside).toEqual(['X']);
  const meetings = requests.filter(({ agent }) => agent === 'X').map(({ input }) => input);
  expect(meetings).toMatchObject([{ results: [{ from: 'B' }, { from: 'D' }, { from: 'E' }] }]);
});

test('a barrier that runs out of time counts each rendezvous that it kept as failed', async () => {
  const { result } = await playRecorded(
    scenarioOf(
      ['Start -> A', 'A -> B', 'A -> C', 'B -> X', 'C -> X', 'X -> A'],
      { A: [to('B', 1, 'C', 2), final('end')], B: [to('X', 'b')], C: [{ ...to('X', 'c'), delay: '6m' }] },
      { convergence: { minRatio: 0, onInsufficient: 'proceed', timeout: '5m' } },
    ),
  );
  const error = 'barrier timeout(5m) reached';
  expect(result.barriers[0]).toMatchObject({
    arrived: [],
    failed: [
      { from: 'C', branch: '0.1', error },
      { from: 'X', branch: '0.2', error },
    ],
  });
});

test('a branch that is abandoned takes along what its barrier left running', async () => {
  const script = {
    A: [to('B', 1, 'C', 2), { ...final('late'), delay: '10m' }],
    B: [final(1)],
    C: [{ ...final(2), delay: '20m' }],
  };
  const convergence = { quorum: 1, terminateOrphans: false };
  const rules = ['timeout(60)', 'agent_timeout(default:7200)'];
  const scenario = scenarioOf(['Start -> A', 'A <-> B', 'A <-> C'], script, { convergence, rules });
  const result = await play(scenario);
  expect(result).toMatchObject({ success: false, error: 'timeout(60) reached' });
  expect(result.branches.map(({ id, outcome }) => [id, outcome])).toEqual([
    ['0', 'abandoned'],
    ['0.0', 'completed'],
    ['0.1', 'abandoned'],
  ]);
});

describe('invalid replies', () => {
  const flows = ['Start -> A', 'A <-> B'];
  test('a valid reply between them starts the count again', async () => {
    const script = { A: [bad, bad, bad, to('B', 1), bad, bad, bad, final('end')], B: [to('A', 1)] };
    const { result } = await playRecorded(scenarioOf(flows, script));
    expect(result).toMatchObject({ success: true, finalResponse: 'end', turns: 9 });
  });
});

describe('what an agent is reminded of', () => {
  const big = (turn: number): string => String(turn).padEnd(40, 'x');
  const rounds = 12;
  const scenario = scenarioOf(['Start -> A', 'A <-> B'], {
    A: [...Array.from({ length: rounds }, (_, turn) => to('B', big(turn))), final('end')],
    B: Array.from({ length: rounds }, (_, turn) => to('A', big(turn))),
  });
  const memory = 500;
  const bytesOf = (values: readonly unknown[]): number =>
    values.reduce((sum: number, value) => sum + JSON.stringify(value).length, 0);

  test('its newest turns, as many as fit', async () => {
    const { requests } = await playRecorded(scenario, { memory });
    const last = requests.filter(({ agent }) => agent === 'A').at(-1);
    const replies = last?.memory.map(({ reply }) => reply);
    const all = Array.from({ length: rounds }, (_, turn) => to('B', big(turn)));
    expect(replies?.length).toBeGreaterThan(0);
    expect(replies).toEqual(all.slice(-(replies?.length ?? 0)));
    const kept = last?.memory ?? [];
    const bytes = bytesOf(kept.flatMap(({ input, reply }) => [input, reply]));
    expect(bytes).toBeLessThanOrEqual(memory);
    // One more would not have fitted.
    expect(bytes + bytes / kept.length).toBeGreaterThan(memory);
  });

  test('all agents of a branch together stay within three times the limit', async () => {
    const { states } = await playRecorded(scenario, { memory });
    const sums = states.map((state) => state.memory.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(Math.max(...sums)).toBeLessThanOrEqual(3 * memory);
    expect(Math.max(...sums)).toBeGreaterThan(2 * memory);
  });
});

test('a turn request over its limit fails the branch and names the sizes', async () => {
  const script = { A: [to('B', 'x'.repeat(900))], B: [final(1)] };
  const scenario = scenarioOf(['Start -> A', 'A <-> B'], script);
  expect((await playRecorded(scenario, { turnRequest: 2_000 })).result.success).toBe(true);
  const { result, requests } = await playRecorded(scenario, { turnRequest: 1_000 });
  expect(result.error).toMatch(/B: LimitReached: the turn request is \d+ bytes, at most 1000 are allowed/);
  expect(requests.map(({ agent }) => agent)).toEqual(['A']);
});
