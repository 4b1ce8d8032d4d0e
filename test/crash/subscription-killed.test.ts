/** The worker killed with -9 in the middle of a switch: between the pool's choice and its application, and between that and its record. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DroverClient } from '../../src/client';
import type { AgentView } from '../../src/contract/agent';
import { describePool } from '../../src/contract/pool/messages';
import { AGENT_WORKFLOW, agentWorkflowId, POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { workflowBundle } from '../support/shared';
import { eventually } from '../workflows/agent/harness';
import { credentials } from '../workflows/agent/subscription-harness';

const env = devServer();

/** The call that hangs: the reload, or the wake of the restart, which is the agent's second one. */
const POINTS = (['hot', 'restart'] as const).flatMap((apply) =>
  (['before', 'after'] as const).map((when) => ({
    agent: `${apply}-${when}`,
    apply,
    when,
    call: apply === 'hot' ? 'reload' : 'wake',
    count: apply === 'hot' ? 1 : 2,
  })),
);

test('one switch, one credential assigned, agent and pool agree', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-switch-killed-'));
  const taskQueue = `killed-${randomUUID()}`;
  const fleet = `k-${randomUUID().slice(0, 8)}`;
  const pool = `p-${randomUUID().slice(0, 8)}`;
  env.started.addTaskQueue(taskQueue);
  const workers: ChildProcess[] = [];
  const work = (hangs: typeof POINTS): ChildProcess => {
    const script = join(__dirname, 'killable-worker.cjs');
    const args = [script, env.address, taskQueue, workflowBundle().codePath, folder, JSON.stringify(hangs)];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    workers.push(worker);
    return worker;
  };
  const lines = (agent: string, what: string): string[] =>
    existsSync(join(folder, `${agent}.${what}`))
      ? readFileSync(join(folder, `${agent}.${what}`), 'utf8')
          .split('\n')
          .filter(Boolean)
      : [];
  const handle = (agent: string) => env.client.workflow.getHandle(agentWorkflowId(fleet, agent));
  // As users do: a query whose worker is killed is asked again.
  const view = (agent: string): Promise<AgentView> =>
    DroverClient.over(env.client).agents.describe({ fleet, agent }, { timeoutMs: 60_000 });
  const beat = async (agent: string): Promise<void> => {
    const { instanceId } = await view(agent);
    await handle(agent).signal('heartbeat', { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/' });
  };

  try {
    const first = work(POINTS);
    await env.client.workflow.start(POOL_WORKFLOW, {
      workflowId: poolWorkflowId(pool),
      taskQueue,
      args: [{ v: 1, pool, credentials: credentials(['a', 'b']) }],
    });
    for (const { agent, apply } of POINTS) {
      const spec = { name: agent, provider: 'memory', subscription: { pool, apply } };
      await env.client.workflow.start(AGENT_WORKFLOW, {
        workflowId: agentWorkflowId(fleet, agent),
        taskQueue,
        args: [{ v: 1, fleet, agent, spec, key: agent }],
      });
      await eventually(
        () => view(agent),
        ({ runtime }) => runtime === 'running',
      );
      await beat(agent);
      const { subscription } = await eventually(
        () => view(agent),
        ({ liveness }) => liveness === 'ready',
      );
      // Everybody leaves the first one for the other, or the other one for the first.
      await handle(agent).signal('reportFailure', {
        subscription: subscription?.name,
        assignment: subscription?.assignment,
        kind: 'auth',
      });
      await eventually(
        async () => existsSync(join(folder, `${agent}.hanging`)),
        (hangs) => hangs,
      );
      await env.client.workflow.getHandle(poolWorkflowId(pool)).executeUpdate('reset', { args: [{}] });
    }
    first.kill('SIGKILL');
    work([]);
    for (const { agent, call, apply } of POINTS) {
      const isOver = ({ decisions = [] }: AgentView): boolean =>
        decisions.some(({ what }) => what.startsWith('switch '));
      const over = await eventually(() => view(agent), isOver);
      const made = lines(agent, 'calls').filter((name) => name === call).length;
      const effects = lines(agent, 'effects').filter((effect) => effect.startsWith(call)).length;
      const switches = (over.decisions ?? []).filter(({ what }) => what.startsWith('switch '));
      // Asked again, as its answer never came; with the first wake, a restart makes one more.
      expect({ agent, made, effects }).toEqual({
        agent,
        made: apply === 'hot' ? 2 : 3,
        effects: apply === 'hot' ? 1 : 2,
      });
      expect(switches.map(({ accepted, why }) => [accepted, why?.split(': ').at(-1)])).toEqual([
        [true, apply === 'hot' ? 'hot_reloaded' : 'restarted'],
      ]);
      const { credentials: now } = await env.client.workflow.getHandle(poolWorkflowId(pool)).query(describePool);
      const holding = now.filter(({ agents }) => agents.includes(`${fleet}/${agent}`)).map(({ name }) => name);
      expect(holding).toEqual([(await view(agent)).subscription?.name]);
    }
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
