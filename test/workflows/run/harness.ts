/** Runs in tests: started over scripts or over real agents' workflows, commanded and watched. */
import { randomUUID } from 'node:crypto';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { RUN_WORKFLOW, runWorkflowId } from '../../../src/contract/names';
import type { BranchView, RunInput, RunResult, RunView } from '../../../src/contract/run';
import type { Scenario, Script } from '../../../src/contract/run/script';
import { simulate } from '../../../src/rules/simulate/simulate';
import type { TurnCall } from '../../../src/contract/activities';
import type { TurnOutcome } from '../../../src/contract/agent/turns';
import type { TestEnv } from '../../support/env';
import { type AgentWorld, type Refused, type TestAgent, eventually, refusalOf } from '../agent/harness';
import { type TestWorkerOptions, withWorker } from '../../support/worker';

/** A run under test. */
export interface TestRun {
  readonly id: string;
  readonly handle: WorkflowHandle;
  readonly result: () => Promise<RunResult>;
  readonly view: () => Promise<RunView>;
  /** The workflow of a branch; the only one that `Start` leads to runs within that of the run. */
  readonly branch: (id: string) => WorkflowHandle;
  readonly branchView: (id: string) => Promise<BranchView>;
  /** Waits until the branch is there and as wished. */
  readonly untilBranch: (id: string, wished: (view: BranchView) => boolean) => Promise<BranchView>;
}

/** The part of a run's input that a test gives; the rest is made up. */
export type RunOf = Pick<RunInput, 'topology'> & Partial<RunInput>;

/** Starts a run. */
export async function startRun(env: TestEnv, taskQueue: string, given: RunOf): Promise<TestRun> {
  const input: RunInput = { v: 1, fleet: `f-${randomUUID().slice(0, 8)}`, run: 'simulation', task: 'q', ...given };
  const id = runWorkflowId(input.fleet, input.run);
  const handle = await env.client.workflow.start(RUN_WORKFLOW, { workflowId: id, taskQueue, args: [input] });
  const branch = (branchId: string) => env.client.workflow.getHandle(`${id}/${branchId}`);
  const branchView = async (branchId: string) => {
    const root = await handle.query<BranchView | null>('root');
    return root?.branch === branchId ? root : branch(branchId).query<BranchView>('describe');
  };
  return {
    id,
    handle,
    untilBranch: async (branchId, wished) => {
      const there = () => branchView(branchId).catch(absent);
      const view = await eventually(there, (found) => found !== null && wished(found));
      if (view === null) throw new Error(`branch ${branchId} is not there`);
      return view;
    },
    result: () => handle.result() as Promise<RunResult>,
    view: () => handle.query<RunView>('describe'),
    branch,
    branchView,
  };
}

/** Starts runs whose `items` branches each ask a person, with a deadline so that they wait in the inbox. */
export function startAskingRuns(env: TestEnv, taskQueue: string, runs: number, items: number): Promise<TestRun[]> {
  const agents = Array.from({ length: items }, (_, index) => `W${String(index)}`);
  const flows = ['Start -> O', ...agents.flatMap((agent) => [`O <-> ${agent}`, `${agent} -> User`])];
  const asks = [
    { action: 'ask', question: 'Which?' },
    { action: 'final', response: 'done' },
  ];
  const invocations = agents.map((agent) => ({ agent, request: 'go' }));
  const script = {
    ...Object.fromEntries(agents.map((agent) => [agent, asks])),
    O: [
      { action: 'invoke', invocations },
      { action: 'final', response: 'done' },
    ],
  };
  const inbox = { deadline: '72h', onDeadline: 'hold' } as const;
  const one = () => startRun(env, taskQueue, { topology: { flows }, inbox, script });
  return Promise.all(Array.from({ length: runs }, one));
}

function absent(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

/** The result of the simulation. */
export function simulated(given: RunOf & { readonly script: Script }, trace = false): Promise<RunResult> {
  const scenario: Scenario = {
    apiVersion: 'drover/v1',
    kind: 'Scenario',
    topology: given.topology,
    task: given.task ?? 'q',
    script: given.script,
  };
  return simulate(scenario, { trace, settle: () => new Promise((resolve) => setImmediate(resolve)) });
}

/** The same result with its trace in the order of branches and turns: where no delay decides, chance does. */
export function inOrder(result: RunResult): RunResult {
  return { ...result, trace: [...(result.trace ?? [])].sort((a, b) => (a.turnId < b.turnId ? -1 : 1)) };
}

/** A worker for runs whose agents do not matter; a queue without any activity would have no worker. */
export function withRuns<T>(
  env: TestEnv,
  use: (taskQueue: string) => Promise<T>,
  options: Partial<TestWorkerOptions> = {},
): Promise<T> {
  const takeTurn = () => Promise.reject(new Error('no agent takes turns here'));
  return withWorker({ env, activities: { takeTurn }, ...options }, use);
}

/** An update that must be accepted. */
export function command(run: TestRun, name: string, argument: object = {}): Promise<RunView> {
  return run.handle.executeUpdate<RunView, [object]>(name, { args: [argument] });
}

/** An update that must be refused. */
export async function refused(run: TestRun, name: string, argument: object = {}): Promise<Refused> {
  return command(run, name, argument).then(() => {
    throw new Error(`${name} was accepted`);
  }, refusalOf);
}

/** Agents that reply by a list, in order. */
export function byList(
  replies: Readonly<Record<string, readonly unknown[]>>,
): (call: TurnCall) => Promise<TurnOutcome> {
  const positions = new Map<string, number>();
  return async ({ agent }) => {
    const position = positions.get(agent) ?? 0;
    positions.set(agent, position + 1);
    const reply = replies[agent]?.[position];
    return reply === undefined ? { error: { code: 'ProviderError', message: `no reply of ${agent}` } } : { reply };
  };
}

/** Agents of the world that can take turns. */
export async function readyAgents(world: AgentWorld, names: readonly string[]): Promise<Map<string, TestAgent>> {
  const agents = new Map<string, TestAgent>();
  for (const name of names) agents.set(name, await world.start(name));
  await Promise.all([...agents.values()].map((agent) => agent.ready()));
  return agents;
}
