/** Messages of any sender: raw bytes, unknown names, wrong shapes. Recorded or refused; no task fails, and the next command works. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AGENT_COMMANDS } from '../../../src/contract/agent';
import { AGENT_WORKFLOW } from '../../../src/contract/names';
import { requireBinary } from '../../../src/dev/binaries';
import { devServer } from '../../support/env';
import { RAW_PAYLOADS, failedTasks, sendEverything, sendRaw } from '../../support/strangers';
import { eventually, refusalOf, withAgents } from './harness';

const env = devServer();

test('raw payloads, unknown signals and wrong shapes are recorded and change nothing', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    const before = await agent.ready();
    await sendEverything(env, agent.handle, []);
    const names = [
      'heartbeat',
      'pause',
      'resume',
      'checkReported',
      'turnRequested',
      'turnWithdrawn',
      'nobodyKnowsThis',
    ];
    for (const name of names) for (const payload of RAW_PAYLOADS) await sendRaw(env, agent.handle, name, payload);
    const wrong: readonly (readonly [string, unknown])[] = [
      ['heartbeat', { instanceId: 7, status: 'ready' }],
      ['heartbeat', { instanceId: before.instanceId, status: 'happy' }],
      ['heartbeat', { instanceId: before.instanceId, status: 'degraded', endpoint: 'file:///etc/passwd' }],
      ['pause', { hold: 'no such name!' }],
      ['pause', 'now'],
      ['resume', { hold: 'operator', cancelPending: 'yes' }],
      ['checkReported', { instanceId: before.instanceId, passed: 'no', at: 'yesterday' }],
      ['turnRequested', { turnId: 't1' }],
      ['turnWithdrawn', []],
    ];
    for (const [name, argument] of wrong) await agent.handle.signal(name, argument);
    const sent = names.length * RAW_PAYLOADS.length + wrong.length;
    // Only the last 50 decisions are kept; the last one tells that all have come.
    await agent.handle.signal('lastOne');
    const view = await agent.until(({ decisions = [] }) => decisions.at(-1)?.what === 'lastOne');
    expect(view).toMatchObject({ status: 'running', runtime: 'running', liveness: 'ready', holds: [] });
    expect(sent).toBeGreaterThan(49);
    expect(view.decisions?.every(({ accepted }) => !accepted)).toBe(true);
    expect(await agent.send('pause')).toMatchObject({ state: 'done' });
    expect(world.provider.count('suspendResource')).toBe(1);
    expect(await failedTasks(agent.handle)).toBe(0);
  }));

test('updates of a wrong shape are refused without a trace', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const length = async () => (await agent.handle.describe()).historyLength;
    const before = await length();
    for (const name of [...AGENT_COMMANDS, 'configure']) {
      const refused = await agent.handle
        .executeUpdate(name, { args: [{ nonsense: true }] })
        .then(() => null, refusalOf);
      expect(refused).toMatchObject({ code: 'InvalidRequest' });
    }
    await expect(agent.handle.executeUpdate('dance')).rejects.toThrow();
    expect(await length()).toBe(before);
    expect(await agent.send('pause')).toMatchObject({ state: 'done' });
  }));

test.each([
  ['no argument', []],
  ['a wrong shape', [{ v: 1, fleet: 'x y', agent: 'a' }]],
  ['an unknown version', [{ v: 2, fleet: 'f', agent: 'a' }]],
  ['a foreign state', [{ v: 1, state: { v: 9 } }]],
])('malformed input fails the workflow with InvalidRequest, not its task: %s', (_, args) =>
  withAgents(env, async (world) => {
    const workflowId = `${world.fleet}-malformed`;
    const handle = await env.client.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue: world.taskQueue, args });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'InvalidRequest', nonRetryable: true } });
  }),
);

test('search attributes follow every change, and the card is there', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const attributes = async () => (await agent.handle.describe()).searchAttributes;
    await eventually(attributes, (found) => found['DroverLiveness']?.[0] === 'ready');
    expect(await attributes()).toMatchObject({
      DroverFleet: [world.fleet],
      DroverAgent: ['a'],
      DroverAgentStatus: ['running'],
      DroverLiveness: ['ready'],
    });
    await agent.send('pause');
    await agent.send('hold', { hold: 'budget' });
    expect(await eventually(attributes, (found) => found['DroverHolds']?.length === 2)).toMatchObject({
      DroverAgentStatus: ['paused'],
      DroverHolds: ['operator', 'budget'],
    });
    await agent.send('release', { hold: 'budget' });
    await agent.send('resume');
    await eventually(
      attributes,
      (found) => found['DroverHolds'] === undefined && found['DroverAgentStatus']?.[0] === 'running',
    );
    const metadata = await agent.handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toContain(`**${world.fleet}/a** running / running / ready`);
    expect(metadata.currentDetails).toContain('resume by operator');
  }));

test("Temporal's own CLI pauses by signal and resumes by update, with plain JSON", () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    const temporal = (...args: string[]) =>
      promisify(execFile)(requireBinary('temporal', process.env), [
        'workflow',
        ...args,
        '--workflow-id',
        agent.id,
        '--address',
        env.address,
      ]);
    await temporal('signal', '--name', 'pause', '--input', '{"reason":"by hand","mode":"freeze"}');
    expect(await agent.until(({ runtime }) => runtime === 'paused')).toMatchObject({ holds: [{ reason: 'by hand' }] });
    await temporal('update', 'execute', '--name', 'resume', '--input', '{}');
    expect(await agent.view()).toMatchObject({ status: 'running', runtime: 'running', holds: [] });
    await expect(temporal('update', 'execute', '--name', 'resume', '--input', '{}')).rejects.toThrow('cannot resume');
  }));
