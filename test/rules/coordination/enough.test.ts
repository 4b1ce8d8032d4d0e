/** Whether a barrier has enough: the table of its policies, at the root and below an agent. */
import type { ConvergenceSpec } from '../../../src/contract/fleet/topology';
import type { Script } from '../../../src/contract/run/script';
import { final, play, scenarioOf, to } from '../../support/scenarios';

const died = { action: 'fail', error: 'died' };
const root = ['Start -> B', 'Start -> C', 'B -> End', 'C -> End'];
const below = ['Start -> A', 'A <-> B', 'A <-> C', 'A -> End'];
const one = { B: [final('b')], C: [died] };
const none = { B: [died], C: [died] };
const both = { B: [final('b')], C: [final('c')] };

type Row = [where: readonly string[], convergence: ConvergenceSpec, replies: Script, error: string | null];

test.each<Row>([
  [root, { minRatio: 0.5 }, one, null],
  [root, { minRatio: 0.6 }, one, 'insufficient arrivals: 1 of 2 (C: died)'],
  [root, { minRatio: 0 }, none, 'insufficient arrivals: 0 of 2 (B: died; C: died)'],
  [root, { minRatio: 0.5, quorum: 2 }, one, null],
  [root, { minRatio: 0.6, quorum: 1 }, one, 'insufficient arrivals: 1 of 2 (C: died)'],
  [root, { minRatio: 0.6, onInsufficient: 'proceed' }, one, 'insufficient arrivals: 1 of 2 (C: died)'],
  [root, { minRatio: 0.6, onInsufficient: 'user' }, one, 'insufficient arrivals: 1 of 2 (C: died)'],
  [below, { minRatio: 0.5 }, one, null],
  [below, { minRatio: 0.6 }, one, 'insufficient arrivals: 1 of 2 (C: died)'],
  [below, { minRatio: 0 }, none, null],
  [below, { quorum: 1 }, one, null],
  [below, { quorum: 2 }, one, 'insufficient arrivals: 1 of 2, 2 needed (C: died)'],
  [below, { quorum: 3 }, both, 'insufficient arrivals: 2 of 2, 3 needed'],
  [below, { minRatio: 0.6, onInsufficient: 'proceed' }, one, null],
])('%j under %j', async (flows, convergence, replies, error) => {
  const script = { A: [to('B', 1, 'C', 2), final('end')], ...replies };
  const result = await play(scenarioOf(flows, script, { convergence }));
  // An agent below the root fails with its own reason, and the root with the agent's.
  const told = flows === root ? error : `insufficient arrivals: 0 of 1 (A: ${String(error)})`;
  expect(result.error).toBe(error === null ? null : `ROOT failure: ${String(told)}`);
});

test('a branch that is abandoned while it asks whether to go on stops asking', async () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'B <-> D', 'B <-> E', 'A -> End'];
  const script = {
    A: [to('B', 1, 'C', 2), final('end')],
    B: [to('D', 1, 'E', 2), final('late')],
    C: [{ ...final('c'), delay: '1m' }],
    D: [died],
    E: [died],
    User: [{ answer: 'yes', delay: '1h' }],
  };
  const result = await play(scenarioOf(flows, script, { convergence: { quorum: 1, onInsufficient: 'user' } }));
  expect(result).toMatchObject({ success: true, finalResponse: 'end' });
  expect(result.branches.find(({ id }) => id === '0.0')).toMatchObject({ outcome: 'abandoned', turns: 1 });
  expect(result.barriers.find(({ branch }) => branch === '0.0')).toMatchObject({ arrived: [], outcome: 'cancelled' });
});
