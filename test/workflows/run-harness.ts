/** Runs in tests: started over scripts or over real agents' workflows, commanded and watched. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { RUN_WORKFLOW, runWorkflowId } from '../../src/contract/names';
import type { BranchView, RunInput, RunResult, RunView, Scenario, Script } from '../../src/contract/runs';
import { simulate } from '../../src/rules/simulate/simulate';
import type { TestEnv } from '../support/env';

/** A run under test. */
export interface TestRun {
  readonly id: string;
  readonly handle: WorkflowHandle;
  readonly result: () => Promise<RunResult>;
  readonly view: () => Promise<RunView>;
  readonly branch: (id: string) => WorkflowHandle;
  readonly branchView: (id: string) => Promise<BranchView>;
}

/** What a test gives of a run's input; the rest is made up. */
export type RunOf = Pick<RunInput, 'topology'> & Partial<RunInput>;

/** Starts a run. */
export async function startRun(env: TestEnv, taskQueue: string, given: RunOf): Promise<TestRun> {
  const input: RunInput = { v: 1, fleet: 'f', run: `r-${randomUUID().slice(0, 8)}`, task: 'q', ...given };
  const id = runWorkflowId(input.fleet, input.run);
  const handle = await env.client.workflow.start(RUN_WORKFLOW, { workflowId: id, taskQueue, args: [input] });
  const branch = (branchId: string) => env.client.workflow.getHandle(`${id}/${branchId}`);
  return {
    id,
    handle,
    result: () => handle.result() as Promise<RunResult>,
    view: () => handle.query<RunView>('describe'),
    branch,
    branchView: (branchId) => branch(branchId).query<BranchView>('describe'),
  };
}

/** What the simulation makes of it. */
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
