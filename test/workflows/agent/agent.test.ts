/** The agent's workflow on the development server: commands, turns, its report, its end. */
import { ApplicationFailure } from '@temporalio/common';
import { devServer } from '../../support/env';
import { type AgentWorld, type Mail, type TestAgent, eventually, untilCancelled, withAgents } from './harness';

const env = devServer();

const answers = (mail: readonly Mail[]) =>
  mail.filter(({ signal }) => signal === 'turnAnswered').map(({ argument }) => argument);

describe('start, pause, resume, stop', () => {
  test('an agent is woken, becomes ready by its beat, is paused, resumed, stopped and started', () =>
    withAgents(env, async (world) => {
      env.record('agent-life');
      const agent = await world.start();
      const first = await agent.ready();
      expect(first).toMatchObject({ status: 'running', runtime: 'running', liveness: 'ready', why: null, pid: 1001 });

      const paused = await agent.send('pause', { reason: 'deploy', requestId: 'p1' });
      expect(paused).toMatchObject({
        requestId: 'p1',
        changed: true,
        state: 'done',
        agent: { status: 'paused', runtime: 'paused', liveness: 'ready' },
      });
      expect(paused.agent.why).toMatch(
        /^Paused by operator since \d{4}-\d\d-\d\d \d\d:\d\d UTC \("deploy"\): drover resume /,
      );
      expect(world.provider.of('a')?.state).toBe('paused');

      expect(await agent.refused('pause')).toMatchObject({ code: 'RuntimeStateError' });
      expect(await agent.send('resume')).toMatchObject({
        changed: true,
        state: 'done',
        agent: { status: 'running', runtime: 'running' },
      });
      const refused = await agent.refused('resume');
      expect(refused.code).toBe('ResumeStateError');
      expect(refused.details).toMatchObject({
        code: 'ResumeStateError',
        current: { status: 'running', runtime: 'running', liveness: 'ready', holds: [] },
        allowed: ['pause', 'stop', 'restart', 'terminate', 'hold'],
      });

      expect(await agent.send('stop')).toMatchObject({
        state: 'done',
        agent: { status: 'stopped', runtime: 'stopped' },
      });
      expect(await agent.send('stop')).toMatchObject({ changed: false });
      expect(await agent.refused('resume')).toMatchObject({ code: 'ResumeStateError' });
      expect(await agent.send('start')).toMatchObject({
        state: 'done',
        agent: { status: 'running', runtime: 'running', liveness: 'starting' },
      });
      expect((await agent.view()).instanceId).not.toBe(first.instanceId);
      expect(world.provider.calls.map(({ call }) => call)).toEqual([
        'createResource',
        'wakeResource',
        'suspendResource',
        'continueResource',
        'stopResource',
        'wakeResource',
      ]);
    }));

  test('terminate stops, destroys and completes', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      await agent.ready();
      expect(await agent.send('terminate')).toMatchObject({
        state: 'done',
        agent: { status: 'terminated', runtime: 'stopped' },
      });
      await agent.handle.result();
      expect(world.provider.resources.size).toBe(0);
    }));

  test('signals pause and resume do the same', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      await agent.ready();
      await agent.handle.signal('pause', { reason: 'by hand' });
      await agent.until(({ runtime }) => runtime === 'paused');
      await agent.handle.signal('resume');
      await agent.until(({ runtime }) => runtime === 'running');
      await agent.handle.signal('resume');
      const { decisions = [] } = await agent.until((view) => view.decisions?.at(-1)?.accepted === false);
      expect(decisions.at(-1)).toMatchObject({ what: 'resume', accepted: false });
    }));
});

describe('turns', () => {
  test('are taken, answered once, and answered again to a repeat', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      const branch = await world.mailbox();
      await agent.ready();
      await world.ask(agent, branch, 't1');
      await eventually(
        () => world.mail(branch),
        (mail) => answers(mail).length === 1,
      );
      // The answer comes straight from where the turn was taken; a repeat counts from when the agent knows of it.
      await agent.until(({ turns }) => turns.inFlight === 0);
      await world.ask(agent, branch, 't1');
      const mail = await eventually(
        () => world.mail(branch),
        (got) => answers(got).length === 2,
      );
      const expected = { turnId: 't1', outcome: { reply: { action: 'final', response: 't1' } } };
      expect(answers(mail)).toEqual([expected, expected]);
      expect(world.taken).toHaveLength(1);
      expect(world.taken[0]).toMatchObject({ endpoint: 'http://127.0.0.1:1/', request: { turnId: 't1', attempt: 1 } });
    }));

  test('a pause drains: the turn in flight ends, the next one waits, and the branch receives it', () =>
    withAgents(env, async (world) => {
      const gate: { open?: () => void } = {};
      const opened = new Promise<void>((resolve) => (gate.open = resolve));
      world.takeTurn = async ({ request }) => {
        if (request.turnId === 't1') await opened;
        return { reply: request.turnId };
      };
      const agent = await world.start();
      const branch = await world.mailbox();
      await agent.ready();
      await world.ask(agent, branch, 't1');
      await agent.until(({ turns }) => turns.inFlight === 1);
      await agent.handle.signal('pause', {});
      await world.ask(agent, branch, 't2');
      const pausing = await agent.until(({ turns }) => turns.queued === 1);
      expect(pausing).toMatchObject({ status: 'paused', runtime: 'running', turns: { inFlight: 1, queued: 1 } });
      expect(pausing.why).toContain('pausing (1 turn in flight)');
      expect(await agent.refused('resume')).toMatchObject({ code: 'ResumeStateError' });
      gate.open?.();
      await agent.until(({ runtime }) => runtime === 'paused');
      await agent.send('resume');
      const mail = await eventually(
        () => world.mail(branch),
        (got) => answers(got).length === 2,
      );
      // The word that t2 waits and the answer to t1 are sent side by side: which arrives first is not promised.
      const about = (turnId: string) =>
        mail.filter(({ argument }) => (argument as { turnId: string }).turnId === turnId).map(({ signal }) => signal);
      expect(about('t1')).toEqual(['turnAnswered']);
      expect(about('t2')).toEqual(['turnSuspended', 'turnResumed', 'turnAnswered']);
    }));

  /** An agent with one turn that lasts until `release`. */
  const withTurnInFlight = (use: (world: AgentWorld, agent: TestAgent, release: () => void) => Promise<void>) =>
    withAgents(env, async (world) => {
      const gate: { open: () => void } = { open: () => undefined };
      const opened = new Promise<void>((resolve) => (gate.open = resolve));
      world.takeTurn = async ({ request }) => {
        await opened;
        return { reply: request.turnId };
      };
      const agent = await world.start();
      const branch = await world.mailbox();
      await agent.ready();
      await world.ask(agent, branch, 't1');
      await agent.until(({ turns }) => turns.inFlight === 1);
      await use(world, agent, gate.open);
      const mail = await eventually(
        () => world.mail(branch),
        (got) => answers(got).length === 1,
      );
      expect(answers(mail)).toEqual([{ turnId: 't1', outcome: { reply: 't1' } }]);
      expect(world.taken).toHaveLength(1);
    });

  test('a pause that freezes waits for no turn: it stays in flight, and is answered after the resume', () =>
    withTurnInFlight(async (world, agent, release) => {
      expect(await agent.send('pause', { mode: 'freeze' })).toMatchObject({ state: 'done' });
      expect(await agent.view()).toMatchObject({ runtime: 'paused', turns: { inFlight: 1, queued: 0 } });
      expect(world.provider.of('a')?.state).toBe('paused');
      await agent.send('resume');
      release();
    }));

  test('a drain that runs out of its time suspends the agent with the turn in flight', () =>
    withTurnInFlight(async (world, agent, release) => {
      await agent.handle.signal('pause', { drainTimeout: '1s' });
      await agent.until(({ runtime }) => runtime === 'paused');
      expect(await agent.view()).toMatchObject({ status: 'paused', turns: { inFlight: 1, queued: 0 } });
      expect(world.provider.of('a')?.state).toBe('paused');
      await agent.send('resume');
      release();
    }));
});

describe('a lost agent', () => {
  const unavailable = (message: string) =>
    ApplicationFailure.create({ type: 'AgentUnavailable', message, nonRetryable: true });

  test('a refused connection makes Drover look: the crashed process is restarted, the turn asked again with the same id', () =>
    withAgents(env, async (world) => {
      world.takeTurn = async ({ request }) => {
        if (request.attempt > 1) return { reply: request.attempt };
        world.provider.crash('a', 9);
        throw unavailable('ECONNREFUSED');
      };
      const agent = await world.start();
      const branch = await world.mailbox();
      const { instanceId } = await agent.ready();
      await world.ask(agent, branch, 't1');
      const again = await agent.until((view) => view.runtime === 'running' && view.instanceId !== instanceId);
      expect(again.turns).toEqual({ inFlight: 0, queued: 1 });
      await agent.beat('ready');
      const mail = await eventually(
        () => world.mail(branch),
        (got) => answers(got).length === 1,
      );
      expect(answers(mail)).toEqual([{ turnId: 't1', outcome: { reply: 2 } }]);
    }));

  test('a host that reports the end of an idle agent has it restarted while its beats are fresh', () =>
    withAgents(env, async (world) => {
      const agent = await world.start();
      const { instanceId } = await agent.ready();
      await agent.handle.signal('instanceEnded', { key: 'someone-elses', instanceId });
      world.provider.crash('a', 137);
      await agent.handle.signal('instanceEnded', { key: world.provider.of('a')?.key, instanceId });
      const { decisions = [] } = await agent.until(
        (view) => view.runtime === 'running' && view.instanceId !== instanceId,
      );
      expect(decisions.map(({ what, after }) => `${what}: ${after}`)).toContain('inspect: running/crashed/offline');
    }));

  test('a turn in flight while the agent is restarted is asked again of the new instance', () =>
    withAgents(env, async (world) => {
      world.takeTurn = ({ request }) =>
        request.attempt > 1 ? Promise.resolve({ reply: request.attempt }) : untilCancelled();
      const agent = await world.start();
      const branch = await world.mailbox();
      await agent.ready();
      await world.ask(agent, branch, 't1');
      await agent.until(({ turns }) => turns.inFlight === 1);
      expect(await agent.send('restart', { mode: 'freeze' })).toMatchObject({ state: 'done' });
      await agent.beat('ready');
      const mail = await eventually(
        () => world.mail(branch),
        (got) => answers(got).length === 1,
      );
      expect(answers(mail)).toEqual([{ turnId: 't1', outcome: { reply: 2 } }]);
    }));

  test('a withdrawn turn is cancelled and not answered; a stop answers the turns that wait', () =>
    withAgents(env, async (world) => {
      world.takeTurn = untilCancelled;
      const agent = await world.start('a', { turns: { maxParallel: 1 } });
      const branch = await world.mailbox();
      await agent.ready();
      await world.ask(agent, branch, 't1');
      await world.ask(agent, branch, 't2');
      await agent.until(({ turns }) => turns.queued === 1);
      await agent.handle.signal('turnWithdrawn', { turnId: 't1' });
      await eventually(
        async () => world.taken.length,
        (count) => count === 2,
      );
      await agent.send('stop');
      const mail = await eventually(
        () => world.mail(branch),
        (got) => answers(got).length === 1,
      );
      expect(answers(mail)).toMatchObject([{ turnId: 't2', outcome: { error: { code: 'TurnRejected' } } }]);
    }));
});

describe('report and configure', () => {
  test('ready is reported once, and again when configure asks; an older revision is ignored', () =>
    withAgents(env, async (world) => {
      const provision = await world.mailbox();
      const agent = await world.start('a', {}, { reportTo: provision.id });
      await agent.ready();
      const reports = () => world.mail(provision);
      await eventually(reports, (mail) => mail.length === 1);
      const { v: _v, fleet: _f, agent: _a, holds: _h, ...config } = world.input('a', {}, { reportTo: provision.id });
      await agent.handle.executeUpdate('configure', { args: [config] });
      await eventually(reports, (mail) => mail.length === 2);
      await agent.handle.executeUpdate('configure', { args: [{ ...config, revision: 0 }] });
      await agent.handle.executeUpdate('configure', {
        args: [{ ...config, revision: 2, spec: { ...config.spec, turns: { maxParallel: 7 } } }],
      });
      const mail = await eventually(reports, (got) => got.length === 3);
      expect(mail[0]).toEqual({
        signal: 'agentReported',
        argument: { agent: 'a', incarnation: 'i1', revision: 1, outcome: 'ready', error: null, pid: 1001 },
      });
      expect(mail[2]).toMatchObject({ argument: { revision: 2, outcome: 'ready' } });
    }));

  test('an agent that is held at birth is woken, suspended and reported ready', () =>
    withAgents(env, async (world) => {
      const provision = await world.mailbox();
      const holds = [{ name: 'fleet', reason: null, since: new Date().toISOString() }];
      const agent = await world.start('a', {}, { reportTo: provision.id, holds });
      await agent.until(({ runtime }) => runtime === 'paused');
      expect(
        await eventually(
          () => world.mail(provision),
          (mail) => mail.length === 1,
        ),
      ).toMatchObject([{ argument: { outcome: 'ready' } }]);
      expect(await agent.send('release', { hold: 'fleet' })).toMatchObject({
        state: 'done',
        agent: { status: 'running', runtime: 'running' },
      });
    }));

  test('an agent that exits before its first beat is reported failed with what the provider knows', () =>
    withAgents(env, async (world) => {
      world.provider.after = ({ call, agent }) => {
        if (call === 'wakeResource') world.provider.crash(agent, 7, 'exited with code 7: no such file');
      };
      const provision = await world.mailbox();
      const agent = await world.start('a', {}, { reportTo: provision.id });
      const mail = await eventually(
        () => world.mail(provision),
        (got) => got.length === 1,
      );
      expect(mail).toMatchObject([{ argument: { outcome: 'failed', error: 'exited with code 7: no such file' } }]);
      expect(await agent.view()).toMatchObject({ status: 'failed', runtime: 'crashed', liveness: 'offline' });
    }));
});

test('an external agent without a fleet is ready by its own beat and needs no provider', () =>
  withAgents(env, async (world) => {
    const agent = await world.mailbox('solo');
    await agent.until(({ runtime }) => runtime === 'running');
    await agent.beat('ready', { instanceId: 'mine-1' });
    expect(await agent.until(({ liveness }) => liveness === 'ready')).toMatchObject({
      instanceId: 'mine-1',
      provider: 'external',
      revision: 0,
    });
    expect(await agent.send('pause')).toMatchObject({ state: 'done', agent: { runtime: 'paused' } });
    expect(world.provider.calls).toEqual([]);
  }));
