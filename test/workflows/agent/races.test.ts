/** One winner: concurrent commands on one agent, provider calls that hang or fail, and interleaved commands. */
import type { CommandResult } from '../../../src/contract/agent';
import { devServer } from '../../support/env';
import { providerFailure } from '../../support/memory-provider';
import { type TestAgent, eventually, refusalOf, withAgents } from './harness';

const env = devServer();

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sends `count` resumes at once; the codes of the refused ones. */
async function resumes(agent: TestAgent, count: number): Promise<{ accepted: CommandResult[]; codes: string[] }> {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, () => agent.send('resume', {})));
  return {
    accepted: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    codes: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [refusalOf(outcome.reason).code] : [])),
  };
}

test('5 concurrent resumes: one accepted, the others ResumeStateError, one provider call, one accepted update', () =>
  withAgents(env, async (world) => {
    world.provider.before = ({ call }) => (call === 'continueResource' ? pause(300) : undefined);
    const agent = await world.start();
    await agent.ready();
    await agent.send('pause');
    const { accepted, codes } = await resumes(agent, 5);
    expect([accepted.length, codes]).toEqual([1, Array.from({ length: 4 }, () => 'ResumeStateError')]);
    expect(accepted[0]).toMatchObject({ state: 'done', agent: { status: 'running', runtime: 'running' } });
    expect(world.provider.count('continueResource')).toBe(1);
    const { events } = await agent.handle.fetchHistory();
    const updates = (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
    expect(updates).toHaveLength(2);
  }));

test('50 resumes, three at a time as the client does: one accepted', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    await agent.send('pause');
    const all = { accepted: 0, codes: [] as string[] };
    const lanes = Array.from({ length: 3 }, async (_, lane) => {
      for (let sent = lane; sent < 50; sent += 3) {
        const { accepted, codes } = await resumes(agent, 1);
        all.accepted += accepted.length;
        all.codes.push(...codes);
      }
    });
    await Promise.all(lanes);
    expect([all.accepted, all.codes.length, new Set(all.codes)]).toEqual([1, 49, new Set(['ResumeStateError'])]);
    expect(world.provider.count('continueResource')).toBe(1);
  }));

test('the same requestId again gets the first answer and no second effect', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const first = await agent.send('pause', { requestId: 'r1' });
    await agent.send('resume', { requestId: 'r2' });
    const again = await agent.send('pause', { requestId: 'r1' }, 'another-update');
    expect(again).toMatchObject({
      requestId: 'r1',
      changed: true,
      state: 'done',
      agent: { status: 'paused', runtime: 'paused' },
    });
    expect(again.agent.holds).toEqual(first.agent.holds);
    expect((await agent.view()).status).toBe('running');
    expect(world.provider.count('suspendResource')).toBe(1);
  }));

test("agent B's pause is done while agent A's provider call hangs", () =>
  withAgents(env, async (world) => {
    const release: { now?: () => void } = {};
    const released = new Promise<void>((resolve) => (release.now = resolve));
    world.provider.before = ({ call, agent }) => (call === 'suspendResource' && agent === 'A' ? released : undefined);
    const [a, b] = await Promise.all([world.start('A'), world.start('B')]);
    await Promise.all([a.ready(), b.ready()]);
    const hanging = a.send('pause');
    await a.until(({ status }) => status === 'paused');
    expect(await b.send('pause')).toMatchObject({ state: 'done' });
    expect(await a.view()).toMatchObject({ status: 'paused', runtime: 'running' });
    release.now?.();
    expect(await hanging).toMatchObject({ state: 'done' });
  }));

test('an update answers after 5 s with the state reached, and the effect goes on', () =>
  withAgents(env, async (world) => {
    const release: { now?: () => void } = {};
    const released = new Promise<void>((resolve) => (release.now = resolve));
    world.provider.before = ({ call }) => (call === 'suspendResource' ? released : undefined);
    const agent = await world.start();
    await agent.ready();
    expect(await agent.send('pause')).toMatchObject({
      changed: true,
      state: 'pausing',
      agent: { status: 'paused', runtime: 'running' },
    });
    release.now?.();
    await agent.until(({ runtime }) => runtime === 'paused');
  }));

test('a pause withdrawn while its provider call runs is followed by one continue, never interleaved', () =>
  withAgents(env, async (world) => {
    const inside: string[] = [];
    world.provider.before = async ({ call }) => {
      inside.push(`${call} begins`);
      await pause(200);
      inside.push(`${call} ends`);
    };
    const agent = await world.start();
    await agent.ready();
    inside.length = 0;
    const paused = agent.send('pause');
    await eventually(
      async () => inside.length,
      (length) => length === 1,
    );
    expect(await agent.send('resume', { cancelPending: true })).toMatchObject({
      state: 'done',
      agent: { runtime: 'running' },
    });
    await paused;
    expect(inside).toEqual([
      'suspendResource begins',
      'suspendResource ends',
      'continueResource begins',
      'continueResource ends',
    ]);
  }));

describe('a provider that fails', () => {
  test('suspend: back to running, no hold, a failed decision, ProviderError for the caller', () =>
    withAgents(env, async (world) => {
      world.provider.before = ({ call }) => {
        if (call === 'suspendResource') throw providerFailure('no such signal', true);
      };
      const agent = await world.start();
      await agent.ready();
      const refused = await agent.refused('pause', { requestId: 'r1' });
      expect(refused).toMatchObject({
        code: 'ProviderError',
        message: expect.stringContaining('no such signal') as string,
      });
      const view = await agent.view();
      expect(view).toMatchObject({ status: 'running', runtime: 'running', holds: [] });
      expect(view.decisions).toContainEqual(
        expect.objectContaining({ what: 'suspend', accepted: false, why: 'no such signal' }),
      );
      expect(await agent.refused('pause', { requestId: 'r1' })).toMatchObject({ code: 'ProviderError' });
      expect(world.provider.count('suspendResource')).toBe(1);
    }));

  test('continue: back to paused with the hold as it was', () =>
    withAgents(env, async (world) => {
      world.provider.before = ({ call }) => {
        if (call === 'continueResource') throw providerFailure('not today', true);
      };
      const agent = await world.start();
      await agent.ready();
      const { agent: paused } = await agent.send('pause', { reason: 'deploy' });
      expect(await agent.refused('resume')).toMatchObject({ code: 'ProviderError' });
      expect(await agent.view()).toMatchObject({ status: 'paused', runtime: 'paused', holds: paused.holds });
      world.provider.before = undefined;
      expect(await agent.send('resume')).toMatchObject({ state: 'done' });
    }));

  test('a lost answer does not count as a failure: the true state counts', () =>
    withAgents(env, async (world) => {
      world.provider.after = ({ call }) => {
        if (call === 'suspendResource' || call === 'stopResource') throw providerFailure('the answer was lost', true);
      };
      const agent = await world.start();
      await agent.ready();
      expect(await agent.send('pause')).toMatchObject({
        state: 'done',
        agent: { status: 'paused', runtime: 'paused' },
      });
      expect(await agent.send('stop')).toMatchObject({
        state: 'done',
        agent: { status: 'stopped', runtime: 'stopped' },
      });
    }));

  test('wake: failed, reported and ProviderError; a start later works', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      await agent.ready();
      await agent.send('stop');
      world.provider.before = ({ call }) => {
        if (call === 'wakeResource') throw providerFailure('command not found', true);
      };
      expect(await agent.refused('start')).toMatchObject({ code: 'ProviderError' });
      const failed = await agent.view();
      expect(failed).toMatchObject({ status: 'failed', runtime: 'crashed' });
      expect(failed.why).toBe(`Failed (command not found): drover start ${world.fleet}/a`);
      world.provider.before = undefined;
      expect(await agent.send('start')).toMatchObject({ state: 'done', agent: { status: 'running' } });
    }));

  test('destroy: terminate tells its caller, and goes on trying until nothing is left', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      await agent.ready();
      world.provider.before = ({ call }, count) => {
        if (call === 'destroyResource' && count === 1) throw providerFailure('busy', true);
      };
      expect(await agent.refused('terminate')).toMatchObject({ code: 'ProviderError' });
      expect(await agent.refused('resume')).toMatchObject({ code: 'ResumeStateError' });
      await agent.handle.result();
      expect(world.provider.resources.size).toBe(0);
    }));
});

test('a cancelled workflow is a terminated agent: nothing is left behind', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    await agent.handle.cancel();
    await agent.handle.result();
    expect(world.provider.resources.size).toBe(0);
  }));

test('a restart of a paused agent ends paused, with a new instance', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    const { instanceId } = await agent.ready();
    await agent.send('pause');
    expect(await agent.send('restart')).toMatchObject({
      state: 'done',
      agent: { status: 'paused', runtime: 'paused' },
    });
    expect((await agent.view()).instanceId).not.toBe(instanceId);
    expect(world.provider.calls.map(({ call }) => call).slice(-3)).toEqual([
      'stopResource',
      'wakeResource',
      'suspendResource',
    ]);
  }));
