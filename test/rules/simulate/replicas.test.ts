/** Replicas in a simulation: the least busy one takes the turn. */
import { final, play, scenarioOf, to } from '../../support/scenarios';

const FLOWS = ['Start -> Boss', 'Boss <-> Worker'];
const many = (count: number) => to(...Array.from({ length: count }, (_, index) => ['Worker', index]).flat());

test('turns go to the least busy replica, and each repeats the script of its agent', async () => {
  const scenario = {
    ...scenarioOf(FLOWS, { Boss: [many(4), final('end')], Worker: [{ ...final('w'), delay: '1s', repeat: true }] }),
    replicas: { Worker: 3 },
  };
  const { trace = [], ...result } = await play(scenario);
  expect(result).toMatchObject({ success: true, turns: 6 });
  expect(trace.map(({ agent, replica }) => replica ?? agent)).toEqual([
    'Boss',
    'Worker-1',
    'Worker-2',
    'Worker-3',
    'Worker-1',
    'Boss',
  ]);
});

test('a replica may have a script of its own, and a free one is chosen', async () => {
  const { trace = [] } = await play({
    ...scenarioOf(FLOWS, {
      Boss: [many(2), many(1), final('end')],
      'Worker-1': [{ ...final('slow'), delay: '1m' }],
      Worker: [{ ...final('quick'), repeat: true }],
    }),
    replicas: { Worker: 2 },
    topology: { flows: FLOWS, convergence: { quorum: 1, terminateOrphans: false } },
  });
  expect(
    trace.flatMap(({ replica, reply }) => (replica ? [[replica, (reply as { response: string }).response]] : [])),
  ).toEqual([
    ['Worker-2', 'quick'],
    ['Worker-2', 'quick'],
    ['Worker-1', 'slow'],
  ]);
});

test('an agent without replicas fails at once', async () => {
  const { success, error } = await play({
    ...scenarioOf(FLOWS, { Boss: [many(2)], Worker: [final('w')] }),
    replicas: { Worker: 0 },
  });
  expect(success).toBe(false);
  expect(error).toContain('Worker has no replica that takes turns');
});

test('replicas of an agent that the flows do not name are refused', async () => {
  await expect(play({ ...scenarioOf(FLOWS, {}), replicas: { Wrker: 2 } })).rejects.toThrow('unknown agent Wrker');
});
