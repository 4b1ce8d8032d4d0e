import { PATIENCE_MS } from '../../support/patience';
import { randomUUID } from 'node:crypto';
import { DroverClient } from '../../../src/client';
import { AGENT_COMMANDS, type AgentCommand, type AgentView } from '../../../src/contract/agent';
import { AGENT_WORKFLOW, agentWorkflowId } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { eventually, withAgents } from '../../workflows/agent/harness';

const env = devServer();

it('commands an agent and waits for the effect', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    await (await world.start('a')).ready();
    const ref = { fleet: world.fleet, agent: 'a' };
    // The effect takes longer than an update waits for it.
    world.provider.before = ({ call }) =>
      call === 'suspendResource' ? new Promise((resolve) => setTimeout(resolve, 6_000)) : undefined;
    const reached = await agents.command(ref, 'pause', { reason: 'deploy' });
    expect(reached).toMatchObject({ changed: true, state: 'pausing', agent: { status: 'paused', runtime: 'running' } });
    const paused = await agents.waitFor(ref, ({ runtime }) => runtime === 'paused', {
      timeoutMs: PATIENCE_MS,
      goal: 'a pause',
    });
    expect(paused.holds).toEqual([expect.objectContaining({ name: 'operator', reason: 'deploy' })]);

    const resumed = await agents.command(ref, 'resume', {}, { wait: true, timeoutMs: PATIENCE_MS });
    expect(resumed).toMatchObject({
      changed: true,
      state: 'done',
      agent: { status: 'running', runtime: 'running', holds: [] },
    });
  });
});

it('says that an effect failed', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    await (await world.start('a')).ready();
    const ref = { fleet: world.fleet, agent: 'a' };
    world.provider.before = ({ call }) => {
      if (call === 'suspendResource') throw new Error('the engine is on fire');
    };
    await expect(agents.command(ref, 'pause', {}, { wait: true })).rejects.toMatchObject({
      code: 'ProviderError',
      message: expect.stringContaining('the engine is on fire') as string,
    });
    expect(await agents.describe(ref)).toMatchObject({ status: 'running', runtime: 'running', holds: [] });
  });
});

it('returns the first answer to a repeated request', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    await (await world.start('a')).ready();
    const ref = { fleet: world.fleet, agent: 'a' };
    const requestId = randomUUID();
    const first = await agents.command(ref, 'pause', { requestId });
    await agents.command(ref, 'resume', {}, { wait: true });
    const again = await agents.command(ref, 'pause', { requestId });
    expect(again).toMatchObject({ requestId, changed: first.changed, state: first.state });
    expect(await agents.describe(ref)).toMatchObject({ status: 'running' });
  });
});

/** The last column of the command table of docs/lifecycle.md. */
const TERMINATED: Readonly<Record<AgentCommand, string>> = {
  pause: 'AgentStatusError',
  resume: 'ResumeStateError',
  stop: 'AgentStatusError',
  start: 'AgentStatusError',
  restart: 'AgentStatusError',
  terminate: 'same',
  hold: 'AgentStatusError',
  release: 'AgentStatusError',
};

it('answers for a terminated agent, whose workflow is closed', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    const agent = await world.start('a');
    await agent.ready();
    const ref = { fleet: world.fleet, agent: 'a' };
    await agents.command(ref, 'terminate', {}, { wait: true });
    await agent.handle.result();
    for (const command of AGENT_COMMANDS) {
      const outcome = await agents.command(ref, command, { hold: 'h' }).then(
        ({ changed }) => (changed ? 'ok' : 'same'),
        (error: unknown) => (error as { code: string }).code,
      );
      expect({ command, outcome }).toEqual({ command, outcome: TERMINATED[command] });
    }
    expect(await agents.describe(ref)).toMatchObject({ status: 'terminated' });
    await expect(agents.heartbeat(ref, { instanceId: 'x', status: 'ready' })).rejects.toMatchObject({
      code: 'AgentNotFound',
    });
  });
});

it('shows an agent whose workflow was ended from outside as terminated', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    const agent = await world.start('a');
    await agent.ready();
    await agent.handle.terminate('by mistake');
    const ref = { fleet: world.fleet, agent: 'a' };
    const isTerminated = ({ status }: AgentView) => status === 'terminated';
    expect(await agents.waitFor(ref, isTerminated, { timeoutMs: PATIENCE_MS, goal: 'its end' })).toMatchObject({
      runtime: 'running',
      why: expect.stringMatching(/its workflow was terminated at .*"by mistake".*drover apply/) as string,
    });
  });
});

it('knows that an agent does not exist', async () => {
  const { agents } = DroverClient.over(env.client);
  const ref = { fleet: 'nowhere', agent: 'absent' };
  const notFound = { code: 'AgentNotFound', message: 'agent nowhere/absent does not exist' };
  await expect(agents.describe(ref)).rejects.toMatchObject(notFound);
  await expect(agents.command(ref, 'pause', {})).rejects.toMatchObject(notFound);
  await expect(agents.heartbeat(ref, { instanceId: 'x', status: 'ready' })).rejects.toMatchObject(notFound);
});

it('lists agents by fleet, status and liveness, page by page', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    for (const name of ['a', 'b', 'c']) await (await world.start(name)).ready();
    await agents.command({ fleet: world.fleet, agent: 'b' }, 'pause', {}, { wait: true });
    const names = async (filter: object) =>
      (await agents.list({ fleet: world.fleet, ...filter })).items.map(({ name }) => name).sort();
    await eventually(
      () => names({ status: 'running', liveness: 'ready' }),
      (found) => found.join() === 'a,c',
    );
    // Visibility learns of the status first, and of the runtime when the provider has paused it.
    await eventually(
      async () => (await agents.list({ fleet: world.fleet, status: 'paused' })).items,
      (found) => found.length === 1 && found[0]?.runtime === 'paused',
    );
    expect(await names({ status: 'paused' })).toEqual(['b']);
    expect(await names({ liveness: 'offline' })).toEqual([]);

    const first = await agents.list({ fleet: world.fleet }, { pageSize: 2 });
    expect(first.items).toHaveLength(2);
    const second = await agents.list({ fleet: world.fleet }, { pageSize: 2, pageToken: first.nextPageToken ?? '' });
    expect([...first.items, ...second.items].map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
    expect(second.items.concat(first.items).find(({ name }) => name === 'b')).toEqual({
      fleet: world.fleet,
      name: 'b',
      status: 'paused',
      phase: 'paused',
      runtime: 'paused',
      liveness: 'ready',
      restarts: 0,
      since: expect.any(String) as string,
      holds: ['operator'],
      subscription: null,
      why: expect.stringContaining('Paused by operator since') as string,
      problem: null,
    });
  });
});

it('lists every ended agent as terminated, however its workflow ended', async () => {
  await withAgents(env, async (world) => {
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    const { fleet } = world;
    const names = ['asked', 'ended', 'lives'];
    for (const name of names) await (await world.start(name)).ready();
    await agents.command({ fleet, agent: 'asked' }, 'terminate', {}, { wait: true });
    await env.client.workflow.getHandle(agentWorkflowId(fleet, 'ended')).terminate('a test');
    const list = async () => (await agents.list({ fleet, status: 'terminated' })).items;
    const items = await eventually(list, ({ length }) => length === 2);
    expect(items.map(({ name, status }) => [name, status]).sort()).toEqual([
      ['asked', 'terminated'],
      ['ended', 'terminated'],
    ]);
  });
});

it.each(["x' OR '1'='1", 'a b', ''])('looks for names only: %p', async (fleet) => {
  const { agents } = DroverClient.over(env.client);
  await expect(agents.list({ fleet })).rejects.toMatchObject({ code: 'InvalidRequest' });
});

it('gives up at the deadline when no worker answers', async () => {
  let ref = { fleet: '', agent: 'a' };
  await withAgents(env, async (world) => {
    await (await world.start('a')).ready();
    ref = { fleet: world.fleet, agent: 'a' };
  });
  const { agents } = DroverClient.over(env.client);
  const began = Date.now();
  await expect(agents.command(ref, 'pause', {}, { timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'Timeout' });
  expect(Date.now() - began).toBeLessThan(3_000);
});

it('names what is wrong with a request that Temporal refuses', async () => {
  const { agents } = DroverClient.over(env.client, 'absent');
  await expect(agents.list({}, { pageToken: 'zzz' })).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: expect.stringMatching(/token/i) as string,
  });
  const elsewhere = DroverClient.connect({ bare: true, address: env.address, namespace: 'nope' });
  try {
    const { agents: away } = elsewhere;
    for (const ask of [() => away.list(), () => away.describe({ fleet: 'mars', agent: 'a' })]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'Unavailable',
        message: expect.stringContaining('namespace "nope"; create it') as string,
      });
    }
  } finally {
    await elsewhere.close();
  }
});

it('takes an agent whose workflow failed before it began for none, and says what to do', async () => {
  await withAgents(env, async (world) => {
    const workflowId = agentWorkflowId(world.fleet, 'a');
    const handle = await env.client.workflow.start(AGENT_WORKFLOW, {
      workflowId,
      taskQueue: world.taskQueue,
      args: ['no input of ours'],
    });
    await expect(handle.result()).rejects.toThrow();
    const { agents } = DroverClient.over(env.client, world.taskQueue);
    await expect(agents.describe({ fleet: world.fleet, agent: 'a' })).rejects.toMatchObject({
      code: 'AgentNotFound',
      message: expect.stringContaining(`temporal workflow show -w ${workflowId}`) as string,
    });
  });
});
