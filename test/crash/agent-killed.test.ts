/** The worker killed with -9 right before and right after a provider's call: what must follow once a worker is back. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DroverClient } from '../../src/client';
import type { AgentCommand, AgentView } from '../../src/contract/agent';
import { AGENT_WORKFLOW, agentWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { workflowBundle } from '../support/shared';
import { eventually } from '../workflows/agent/harness';

const env = devServer();

interface Point {
  readonly agent: string;
  readonly command: AgentCommand;
  readonly call: string;
  /** Which call of that name hangs. */
  readonly count: number;
  readonly when: 'before' | 'after';
  /** Sent and carried out first. */
  readonly first?: AgentCommand;
  readonly status: string;
  readonly runtime: string;
  /** Calls of that name in all, and how many of them changed something. */
  readonly calls: number;
  readonly effects: number;
}

const bothSides = (point: Omit<Point, 'agent' | 'when'>): Point[] =>
  (['before', 'after'] as const).map((when) => ({ ...point, when, agent: `${point.command}-${when}` }));

/** Every call is made twice, as the first worker's answer never came; its effect happens once. */
const POINTS: readonly Point[] = [
  ...bothSides({
    command: 'pause',
    call: 'suspend',
    count: 1,
    status: 'paused',
    runtime: 'paused',
    calls: 2,
    effects: 1,
  }),
  ...bothSides({
    command: 'resume',
    first: 'pause',
    call: 'continue',
    count: 1,
    status: 'running',
    runtime: 'running',
    calls: 2,
    effects: 1,
  }),
  ...bothSides({
    command: 'stop',
    call: 'stop',
    count: 1,
    status: 'stopped',
    runtime: 'stopped',
    calls: 2,
    effects: 1,
  }),
  // The second wake is the restart's; with the first one that is three calls and two effects.
  ...bothSides({
    command: 'restart',
    call: 'wake',
    count: 2,
    status: 'running',
    runtime: 'running',
    calls: 3,
    effects: 2,
  }),
];

test('pause, resume, stop and restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-killed-'));
  const taskQueue = `killed-${randomUUID()}`;
  const fleet = `k-${randomUUID().slice(0, 8)}`;
  env.started.addTaskQueue(taskQueue);
  const workers: ChildProcess[] = [];
  const work = (hangs: readonly Point[]) => {
    const codePath = workflowBundle().codePath;
    const args = [
      join(__dirname, 'killable-worker.cjs'),
      env.address,
      taskQueue,
      codePath,
      folder,
      JSON.stringify(hangs),
    ];
    const worker = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    workers.push(worker);
    return worker;
  };
  const lines = (agent: string, what: string) =>
    existsSync(join(folder, `${agent}.${what}`))
      ? readFileSync(join(folder, `${agent}.${what}`), 'utf8').split('\n')
      : [];
  const handle = (agent: string) => env.client.workflow.getHandle(agentWorkflowId(fleet, agent));
  // As users do: a query whose worker is killed is asked again.
  const view = (agent: string): Promise<AgentView> =>
    DroverClient.over(env.client).agents.describe({ fleet, agent }, { timeoutMs: 60_000 });

  try {
    const first = work(POINTS);
    const open = await Promise.all(
      POINTS.map(async ({ agent, command, first: before }) => {
        await env.client.workflow.start(AGENT_WORKFLOW, {
          workflowId: agentWorkflowId(fleet, agent),
          taskQueue,
          args: [{ v: 1, fleet, agent, spec: { name: agent, provider: 'memory' }, key: agent }],
        });
        const { instanceId } = await eventually(
          () => view(agent),
          ({ runtime }) => runtime === 'running',
        );
        await handle(agent).signal('heartbeat', { instanceId, status: 'ready', endpoint: 'http://127.0.0.1:1/' });
        await eventually(
          () => view(agent),
          ({ liveness }) => liveness === 'ready',
        );
        if (before !== undefined) await handle(agent).executeUpdate(before, { args: [{}] });
        return handle(agent).executeUpdate(command, { args: [{}] });
      }).map((answer) => answer.catch((error: unknown) => error)),
    ).catch(() => []);
    expect(open).toHaveLength(POINTS.length);

    await eventually(
      async () => POINTS.filter(({ agent }) => existsSync(join(folder, `${agent}.hanging`))).length,
      (count) => count === POINTS.length,
    );
    first.kill('SIGKILL');
    work([]);
    for (const { agent, call, status, runtime, calls, effects } of POINTS) {
      const reached = (seen: AgentView) => seen.status === status && seen.runtime === runtime;
      await eventually(() => view(agent), reached);
      const count = (what: string) => lines(agent, what).filter((made) => made === call).length;
      expect({ agent, calls: count('calls'), effects: count('effects') }).toEqual({ agent, calls, effects });
    }
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
