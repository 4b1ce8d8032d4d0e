/**
 * The stage of the benches: an embedded server in memory, a worker with Drover's shipped bundle, a
 * worker with the bare workflows in a default setup, and a provider in memory.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions, bundleWorkflowCode } from '@temporalio/worker';
import { delivering } from '../src/activities/turns/delivery';
import { createSignalActivities } from '../src/activities/signals';
import { DroverClient } from '../src/client';
import { Calls } from '../src/client/temporal/calls';
import type { TurnActivities, TurnCall } from '../src/contract/activities';
import type { AgentInput, AgentSpec } from '../src/contract/agent';
import { AGENT_WORKFLOW, SEARCH_ATTRIBUTES, agentWorkflowId, queues } from '../src/contract/names';
import type { TurnOutcome } from '../src/contract/agent/turns';
import { obtainBinary } from '../src/dev/obtain';
import { startDevServer } from '../src/dev/server';
import { MemoryProvider } from '../test/support/memory-provider';
import { memoryActivities } from './activities';

/** The prefix of the queues of Drover's workers. */
export const QUEUE = 'bench';
/** The queue of the bare workflows. */
export const BARE_QUEUE = 'bare';

export interface Stage {
  readonly address: string;
  readonly temporal: Client;
  readonly drover: DroverClient;
  readonly provider: MemoryProvider;
  /** An agent's reply to a turn. */
  answer: (call: TurnCall) => TurnOutcome;
  /** Takes turns in place of `answer`; undefined: `answer` does. */
  takeTurn: TurnActivities['takeTurn'] | undefined;
  /** Called when an agent gets another credential. */
  reloaded: () => void;
  /** Bundles of the two sides, as files. */
  readonly bundles: { readonly drover: string; readonly bare: string };
  stop(): Promise<void>;
}

/** Starts it; about three seconds. */
export async function openStage(root: string): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  const server = await startDevServer({
    binary: await obtainBinary('temporal', process.env),
    ui: false,
    searchAttributes: SEARCH_ATTRIBUTES,
    logFile: join(folder, 'server.log'),
    supervisor: join(root, 'dist/dev/supervisor.js'),
  });
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'bench/bare.ts'),
    logger: { trace: quiet, debug: quiet, info: quiet, log: quiet, warn: console.warn, error: console.error },
  });
  const bundles = { drover: join(root, 'dist/workflow-bundle.js'), bare: join(folder, 'bare.js') };
  writeFileSync(bundles.bare, code);
  const connection = await Connection.connect({ address: server.address });
  const native = await NativeConnection.connect({ address: server.address });
  const temporal = new Client({ connection });
  const provider = new MemoryProvider();
  const stage = {
    reloaded: (): void => undefined,
    answer: (_call: TurnCall): TurnOutcome => ({ reply: { action: 'final', response: 'done' } }),
    takeTurn: undefined as TurnActivities['takeTurn'] | undefined,
  };
  // As in src/worker.ts.
  const calls = new Calls(new Client({ connection: native }));
  const signals = createSignalActivities(calls);
  const activities = {
    ...memoryActivities(provider, calls, 'bench'),
    ...delivering(
      { signals, calls },
      { takeTurn: async (call: TurnCall) => stage.takeTurn?.(call) ?? stage.answer(call) },
    ),
    reloadCredential: async () => {
      stage.reloaded();
      return { reloaded: true, why: null };
    },
  };
  const bareActivities = { bareActivity: async (argument: unknown) => argument };
  const create = (options: Pick<WorkerOptions, 'taskQueue' | 'activities'> & Partial<WorkerOptions>) =>
    Worker.create({ connection: native, shutdownGraceTime: '1s', shutdownForceTime: '1m', ...options });
  const workflowsOf = (codePath: string) => ({ workflowBundle: { codePath }, maxCachedWorkflows: 2_000 });
  const workers = await Promise.all([
    create({ taskQueue: queues.main(QUEUE), activities, ...workflowsOf(bundles.drover) }),
    create({ taskQueue: queues.turns(QUEUE), activities, maxConcurrentActivityTaskExecutions: 1_000 }),
    create({ taskQueue: BARE_QUEUE, activities: bareActivities, ...workflowsOf(bundles.bare) }),
  ]);
  const runs = Promise.all(workers.map((worker) => worker.run()));
  return Object.assign(stage, {
    address: server.address,
    temporal,
    drover: DroverClient.over(temporal, QUEUE),
    provider,
    bundles,
    async stop() {
      for (const worker of workers) worker.shutdown();
      await runs;
      await native.close();
      await connection.close();
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  });
}

function quiet(): void {
  // Bundling logs too much.
}

let made = 0;

/** A name that was never used. */
export function fresh(prefix: string): string {
  made += 1;
  return `${prefix}-${String(process.pid)}-${String(made)}`;
}

/**
 * Starts an agent's workflow directly and returns its id. `memory` uses the provider in memory,
 * else the agent names its own instances.
 */
export async function startAgent(
  { temporal, provider }: Stage,
  fleet: string,
  agent: string,
  kind: 'memory' | 'external',
  taskQueue = QUEUE,
  more: Partial<AgentSpec> = {},
): Promise<string> {
  const spec: AgentSpec = { name: agent, provider: kind, ...more };
  const key = `${fleet}.${agent}`;
  const call = { fleet, agent, provider: kind, spec, resourceId: null, key };
  const resourceId = kind === 'memory' ? (await provider.activities.createResource(call)).resourceId : null;
  const input: AgentInput = { v: 1, fleet, agent, incarnation: 'bench', revision: 1, spec, resourceId, key, holds: [] };
  const workflowId = agentWorkflowId(fleet, agent);
  await temporal.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue, args: [input] });
  return workflowId;
}

/** Starts an agent and waits until it is ready. */
export async function readyAgent(
  stage: Stage,
  fleet: string,
  agent: string,
  kind: 'memory' | 'external',
  more: Partial<AgentSpec> = {},
): Promise<void> {
  await startAgent(stage, fleet, agent, kind, QUEUE, more);
  const ref = { fleet, agent };
  await stage.drover.agents.waitFor(ref, ({ runtime }) => runtime === 'running', {
    timeoutMs: 30_000,
    goal: 'a running runtime',
  });
  const { instanceId } = await stage.drover.agents.describe(ref);
  await stage.drover.agents.heartbeat(ref, {
    instanceId: instanceId ?? agent,
    status: 'ready',
    endpoint: 'http://127.0.0.1:9',
  });
  await stage.drover.agents.waitFor(ref, ({ liveness }) => liveness === 'ready', {
    timeoutMs: 30_000,
    goal: 'liveness ready',
  });
}

/** Terminates the agents of a fleet. */
export async function endAgents({ temporal }: Stage, fleet: string, agents: readonly string[]): Promise<void> {
  await Promise.all(
    agents.map((agent) => temporal.workflow.getHandle(agentWorkflowId(fleet, agent)).terminate('bench')),
  );
}
