/** The agent's workflow on skipped time: liveness, restart policy, limits, and what a day of beats costs. */
import { ApplicationFailure } from '@temporalio/common';
import type { AgentSpec, AgentView } from '../../../src/contract/agent';
import { timeSkipping } from '../../support/env';
import { type AgentWorld, type TestAgent, eventually, withAgents } from './harness';

const env = timeSkipping();

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** An agent that has just beaten `ready`. */
async function readyAgent(world: AgentWorld, spec: Partial<AgentSpec> = {}): Promise<TestAgent> {
  const agent = await world.start('a', spec);
  await agent.ready();
  return agent;
}

/** The view after some time has been skipped. */
async function after(agent: TestAgent, ms: number): Promise<AgentView> {
  await env.sleep(ms);
  return agent.view();
}

describe('liveness at defaults', () => {
  test('a proof of 45 s is alive, one of 65 s is offline, and the next beat brings the agent back', () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      expect((await after(agent, 45 * SECOND)).liveness).toBe('ready');
      const offline = await after(agent, 20 * SECOND);
      expect(offline.liveness).toBe('offline');
      expect(offline.why).toMatch(/^Offline, last proof at .*: its next beat brings it back$/);
      await agent.beat('degraded');
      expect((await agent.until(({ liveness }) => liveness !== 'offline')).liveness).toBe('degraded');
    }));

  test('starting stays starting for the grace, is rescued by the timer, and five starting beats leave it ready', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      await agent.until(({ runtime }) => runtime === 'running');
      await agent.beat('starting');
      expect((await after(agent, 30 * SECOND)).liveness).toBe('starting');
      for (let waited = 30; waited < 120; waited += 30) {
        await agent.beat('starting');
        await env.sleep(30 * SECOND);
      }
      expect((await after(agent, SECOND)).liveness).toBe('ready');
      for (let beat = 0; beat < 5; beat += 1) await agent.beat('starting');
      expect((await after(agent, SECOND)).liveness).toBe('ready');
    }));

  test('a passed check promotes starting; degraded stays degraded under starting beats', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      const { instanceId } = await agent.until(({ runtime }) => runtime === 'running');
      await agent.handle.signal('checkReported', { instanceId, passed: true, at: new Date().toISOString() });
      await agent.until(({ liveness }) => liveness === 'ready');
      await agent.beat('degraded');
      for (let beat = 0; beat < 3; beat += 1) await agent.beat('starting');
      expect((await after(agent, SECOND)).liveness).toBe('degraded');
    }));

  test('a paused agent does not go offline, and has a full staleAfter after its resume', () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      await agent.send('pause');
      expect(await after(agent, 60 * MINUTE)).toMatchObject({ status: 'paused', runtime: 'paused', liveness: 'ready' });
      await agent.send('resume');
      expect((await after(agent, 55 * SECOND)).liveness).toBe('ready');
      expect((await after(agent, 10 * SECOND)).liveness).toBe('offline');
    }));
});

describe('a gateway', () => {
  test('that has just started gives every agent a full staleAfter; one that is away counts against no agent for ten minutes', async () => {
    let startedAt: number | null = null;
    const askGateway = async () => ({
      listeningMs: startedAt === null ? null : (await env.now()) - startedAt,
    });
    const heard = { by: 'gateway', what: 'checked whether a gateway listens' };
    await withAgents(
      env,
      async (world) => {
        const agent = await world.start();
        const { instanceId } = await agent.until(({ runtime }) => runtime === 'running');
        const beat = { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/', via: 'gateway' };
        await agent.handle.signal('heartbeat', beat);
        await agent.until(({ liveness }) => liveness === 'ready');
        // No gateway answers.
        expect((await after(agent, 5 * MINUTE)).liveness).toBe('ready');
        startedAt = await env.now();
        // Whenever it was due next, the silence begins with the start.
        expect((await after(agent, 58 * SECOND)).liveness).toBe('ready');
        expect((await after(agent, 63 * SECOND)).liveness).toBe('offline');
        expect((await agent.view()).decisions?.map(({ by, what }) => ({ by, what }))).toContainEqual(heard);
        await agent.handle.signal('heartbeat', beat);
        await agent.until(({ liveness }) => liveness === 'ready');
        startedAt = null;
        expect((await after(agent, 9 * MINUTE)).liveness).toBe('ready');
        expect((await after(agent, 4 * MINUTE)).liveness).toBe('offline');
      },
      { activities: { askGateway } },
    );
  });
});

describe('restart policy', () => {
  const waits = async (agent: TestAgent, world: AgentWorld, wakes: number) => {
    await eventually(
      async () => world.provider.count('wakeResource'),
      (count) => count === wakes,
    );
    await agent.until(({ runtime }) => runtime === 'running');
  };

  test('a restart that is refused is not tried again: the agent fails with that reason', () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      const message = 'its specification is not signed';
      world.provider.before = ({ call }) => {
        if (call === 'wakeResource')
          throw ApplicationFailure.create({ type: 'Forbidden', message, nonRetryable: true });
      };
      world.provider.crash('a');
      await after(agent, 75 * SECOND);
      expect(await after(agent, 30 * MINUTE)).toMatchObject({
        status: 'failed',
        why: expect.stringContaining(message) as string,
      });
      expect(world.provider.count('wakeResource')).toBe(2);
    }));

  test('a crash is noticed when the agent falls silent, restarted with backoff, and a loop ends in failed', () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      const instances = new Set([(await agent.view()).instanceId]);
      for (let crash = 1; crash <= 3; crash += 1) {
        world.provider.crash('a', 1, `exited with code 1: crash ${String(crash)}`);
        await env.sleep(75 * SECOND);
        await waits(agent, world, crash + 1);
        await agent.beat('ready');
        instances.add((await agent.until(({ liveness }) => liveness === 'ready')).instanceId);
      }
      expect(instances.size).toBe(4);
      world.provider.crash('a', 1, 'exited with code 1: again');
      const failed = await after(agent, 75 * SECOND);
      expect(failed).toMatchObject({ status: 'failed', runtime: 'crashed', liveness: 'offline' });
      expect(failed.why).toBe(`Failed (crash loop: exited with code 1: again): drover start ${world.fleet}/a`);
      expect(world.provider.count('wakeResource')).toBe(4);
      expect(await agent.send('start')).toMatchObject({ state: 'done', agent: { status: 'running' } });
      expect(world.provider.count('wakeResource')).toBe(5);
    }));

  test('never while a hold is set', () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      world.provider.crash('a');
      await agent.beat('stopping');
      await agent.until(({ runtime }) => runtime === 'crashed');
      await agent.send('hold', { hold: 'budget' });
      expect(await after(agent, 10 * MINUTE)).toMatchObject({ status: 'paused', runtime: 'crashed' });
      expect(world.provider.count('wakeResource')).toBe(1);
      await agent.send('release', { hold: 'budget' });
      await waits(agent, world, 2);
    }));

  test.each([
    ['failure', 0, 'stopped', 1],
    ['always', 0, 'running', 2],
    ['never', 1, 'failed', 1],
  ] as const)('on %s, exit code %d: %s', (on, exitCode, status, wakes) =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world, { restart: { on } });
      world.provider.crash('a', exitCode);
      await env.sleep(75 * SECOND);
      await agent.until(
        (view) => view.status === status && view.runtime === (status === 'running' ? 'running' : 'crashed'),
      );
      expect(world.provider.count('wakeResource')).toBe(wakes);
    }),
  );
});

describe('turns and time', () => {
  const codes = async (world: AgentWorld, branch: TestAgent) =>
    (await world.mail(branch))
      .filter(({ signal }) => signal === 'turnAnswered')
      .map(({ argument }) => (argument as { outcome: { error?: { code: string } } }).outcome.error?.code);

  test("an offline agent's turn waits for unavailableTimeout, then fails", () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      const branch = await world.mailbox();
      await env.sleep(65 * SECOND);
      await world.ask(agent, branch, 't1');
      await env.sleep(115 * SECOND);
      expect(await codes(world, branch)).toEqual([]);
      await env.sleep(10 * SECOND);
      expect(
        await eventually(
          () => codes(world, branch),
          (got) => got.length === 1,
        ),
      ).toEqual(['AgentUnavailable']);
    }));

  test('time paused counts for no unavailable timeout', () =>
    withAgents(env, async (world) => {
      const agent = await readyAgent(world);
      const branch = await world.mailbox();
      await env.sleep(65 * SECOND);
      await world.ask(agent, branch, 't1');
      await env.sleep(60 * SECOND);
      await agent.send('pause');
      await env.sleep(60 * MINUTE);
      await agent.send('resume');
      await env.sleep(50 * SECOND);
      expect(await codes(world, branch)).toEqual([]);
      await env.sleep(15 * SECOND);
      expect(
        await eventually(
          () => codes(world, branch),
          (got) => got.length === 1,
        ),
      ).toEqual(['AgentUnavailable']);
    }));
});

test('an hour of a healthy agent that beats by renewals of 20 s costs fewer than 1,300 events', () =>
  withAgents(env, async (world) => {
    const agent = await readyAgent(world);
    const length = async () => (await agent.handle.describe()).historyLength;
    const before = await length();
    const { instanceId } = await agent.view();
    for (let renewal = 0; renewal < 180; renewal += 1) {
      await env.sleep(20 * SECOND);
      await agent.beat('ready', { instanceId: instanceId ?? '' });
    }
    expect((await agent.view()).liveness).toBe('ready');
    const events = (await length()) - before;
    expect(events).toBeGreaterThan(180 * 4);
    expect(events).toBeLessThan(1_300);
  }));
