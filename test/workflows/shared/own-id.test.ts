/** A start whose workflow id contradicts its argument is refused, and touches nothing. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { mustCompile } from '../../../src/rules/topology/compile';
import { devServer } from '../../support/env';
import { withAgents } from '../agent/harness';

const env = devServer();
const unique = () => `f${randomUUID().slice(0, 8)}`;
const event = { id: 'evt_1_2', type: 'agent.failed', at: '2026-01-01T00:00:00.000Z', data: {} };

/** For each type: its id by the argument, and the argument. */
const starts = (fleet: string): readonly (readonly [type: string, id: string, argument: object])[] => [
  ['agent', `agent/${fleet}/A`, { v: 1, fleet, agent: 'A' }],
  ['fleet', `fleet/${fleet}`, { v: 1, fleet }],
  ['run', `run/${fleet}/r`, { v: 1, fleet, run: 'r', task: 'x', topology: { flows: ['Start -> A', 'A -> End'] } }],
  // It would ask the fleet for its topology.
  ['run', `run/${fleet}/r`, { v: 1, fleet, run: 'r', task: 'x' }],
  [
    'provision',
    `provision/${fleet}/3`,
    {
      ...{ v: 1, fleet, incarnation: 'i', revision: 3, changeId: 'c', host: 'h' },
      ...{ provisioning: {}, holds: [], changes: [] },
    },
  ],
  [
    'branch',
    `run/${fleet}/r/0`,
    {
      ...{
        v: 1,
        paused: false,
        options: { scripted: false, trace: false, continueAfterEvents: null, mostEvents: null },
      },
      context: {
        ...{
          v: 1,
          fleet,
          run: 'r',
          branch: '0',
          parent: null,
          agent: 'A',
          task: 'x',
          input: { kind: 'task', value: 'x' },
        },
        topology: mustCompile({ flows: ['Start -> A', 'A -> End'] }, 'InvalidFleet'),
        ...{ counts: { steps: 0, handOvers: [] }, turnsLeft: 5, waiting: [], outside: [] },
      },
    },
  ],
  ['pool', `pool/${fleet}`, { v: 1, pool: fleet, credentials: [{ name: 'a', secret: 'env:A' }] }],
  ['lease', `lease/${fleet}/1/1`, { v: 1, instance: fleet, shard: 1, epoch: 1 }],
  ['notify', 'notify/evt_1_2', { v: 1, event, target: { url: 'http://127.0.0.1:1/' } }],
];

test('every type of workflow names the id that its argument means, and starts nothing', () =>
  withAgents(env, async ({ taskQueue }) => {
    const fleet = unique();
    for (const [type, id, argument] of starts(fleet)) {
      const wrong = `${type}/other/${randomUUID()}`;
      const handle = await env.client.workflow.start(type, { workflowId: wrong, taskQueue, args: [argument] });
      const error: unknown = await handle.result().catch((failed: unknown) => failed);
      if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
      expect(error.cause).toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
      expect(error.cause.message).toContain(
        `workflow id "${wrong}": this argument is of the ${type} with the id "${id}"`,
      );
      const { events = [] } = await handle.fetchHistory();
      expect({ type, names: events?.map(({ eventType }) => eventType) }).toEqual({
        type,
        names: [1, 5, 6, 7, 3], // started, task scheduled, started, completed; failed
      });
    }
  }));

test('an agent that exists keeps what it has when another start contradicts itself, and the id stays free', () =>
  withAgents(env, async (world) => {
    const agent = await world.mailbox('A');
    await agent.send('hold', { hold: 'mine' });
    const start = (workflowId: string, name: string) =>
      env.client.workflow.start('agent', {
        workflowId,
        taskQueue: world.taskQueue,
        args: [{ v: 1, fleet: world.fleet, agent: name }],
      });
    const other = `agent/${world.fleet}/B`;
    await expect((await start(other, 'A')).result()).rejects.toMatchObject({ cause: { type: 'InvalidRequest' } });
    expect((await agent.view()).holds.map(({ name }) => name)).toEqual(['mine']);
    await start(other, 'B');
    expect(await env.client.workflow.getHandle(other).query('describe')).toMatchObject({ name: 'B' });
  }));
