/** The policies of a fleet file for restarts and failed turns, over the real workflow: restart.on, turns.crashLimit, turns.retry. */
import { ApplicationFailure } from '@temporalio/common';
import { devServer } from '../../support/env';
import { type AgentWorld, type TestAgent, eventually, withAgents } from './harness';

const env = devServer();

async function answersOf(world: AgentWorld, box: TestAgent): Promise<unknown[]> {
  const mail = await world.mail(box);
  return mail.filter(({ signal }) => signal === 'turnAnswered').map(({ argument }) => argument);
}

async function answered(world: AgentWorld, box: TestAgent, count = 1): Promise<unknown[]> {
  return eventually(
    () => answersOf(world, box),
    (all) => all.length === count,
  );
}

test('restart.on offline: an agent that is silent while its process is there is stopped and started again', () =>
  withAgents(env, async (world) => {
    const agent = await world.start('a', {
      restart: { on: 'offline', backoff: { initial: '100ms' } },
      liveness: { heartbeatEvery: '100ms', staleAfter: '500ms', startupGrace: '5s' },
    });
    const first = await agent.ready();
    // It beats no more, and its process runs.
    await eventually(
      async () => world.provider.count('wakeResource'),
      (wakes) => wakes >= 2,
    );
    expect(world.provider.count('stopResource')).toBeGreaterThanOrEqual(1);
    const again = await agent.ready();
    expect(again.instanceId).not.toBe(first.instanceId);
    expect(again.restarts).toBeGreaterThanOrEqual(1);
  }));

test('turns.crashLimit: the turn that ends its process twice fails alone, and the agent takes the next one', () =>
  withAgents(env, async (world) => {
    const agent = await world.start('a', { restart: { backoff: { initial: '50ms' } } });
    const box = await world.mailbox();
    await agent.ready();
    let asked = 0;
    world.takeTurn = async ({ request }) => {
      if (request.turnId !== 'poison') return { reply: 'fine' };
      asked += 1;
      world.provider.crash('a', 137, 'exited with code 137');
      const error = {
        code: 'AgentUnavailable',
        message: 'the connection broke',
        details: { why: 'broke', broke: true },
      };
      throw ApplicationFailure.create({
        type: error.code,
        message: error.message,
        nonRetryable: true,
        details: [error],
      });
    };
    await world.ask(agent, box, 'poison');
    for (let crash = 1; crash <= 2; crash += 1) {
      await eventually(
        async () => world.provider.count('wakeResource'),
        (wakes) => wakes === crash + 1,
      );
      await agent.ready();
    }
    expect(await answered(world, box)).toMatchObject([
      {
        turnId: 'poison',
        outcome: { error: { code: 'TurnRejected', message: expect.stringContaining('ended 2 times') as string } },
      },
    ]);
    expect(asked).toBe(2);
    await world.ask(agent, box, 'good');
    expect(await answered(world, box, 2)).toMatchObject([
      { turnId: 'poison' },
      { turnId: 'good', outcome: { reply: 'fine' } },
    ]);
    expect((await agent.view()).status).toBe('running');
  }));

test('turns.retry: a failed turn is asked again as often as the file says, with the same id, and its last failure is the answer', () =>
  withAgents(env, async (world) => {
    const agent = await world.start('a', {
      turns: { retry: { attempts: 3, on: ['error'], backoff: { initial: '20ms' } } },
    });
    const box = await world.mailbox();
    await agent.ready();
    const failing = { reply: { action: 'fail', error: 'no' }, retry: { on: 'error' } } as const;
    world.takeTurn = async ({ request: { turnId, attempt } }) =>
      turnId === 'heals' && attempt === 3 ? { reply: 'healed' } : failing;
    await world.ask(agent, box, 'heals');
    expect(await answered(world, box)).toMatchObject([{ turnId: 'heals', outcome: { reply: 'healed' } }]);
    await world.ask(agent, box, 'fails');
    expect(await answered(world, box, 2)).toMatchObject([
      { turnId: 'heals' },
      { turnId: 'fails', outcome: { reply: { action: 'fail', error: 'no' } } },
    ]);
    const asked = world.taken.map(({ request }) => `${request.turnId} ${String(request.attempt)}`);
    expect(asked).toEqual(['heals 1', 'heals 2', 'heals 3', 'fails 1', 'fails 2', 'fails 3']);
  }));
