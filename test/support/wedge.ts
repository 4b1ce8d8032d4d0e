/** Workflows that cannot answer, made on purpose: a bundle like the tests' own but for what it does with the signal `wedge`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { until } from '../../src/dev/until';
import type { WorkflowBundle } from './shared';

/** The signal that such a bundle knows. */
export const WEDGE = 'wedge';

/** `throws`: the task fails for ever. `diverges`: it does what the real code would not have done, which no longer replays the history. */
export type Way = 'throws' | 'diverges';

const SIGNALLED = 'signalWorkflow(activation) {';
const WAYS: Readonly<Record<Way, string>> = {
  throws: "throw new Error('wedged on purpose');",
  diverges: `this.pushCommand({ startTimer: { seq: 999999, startToFireTimeout: { seconds: 31536000, nanos: 0 } } }); return;`,
};

/** The bundle with that signal, written into `folder`. */
export function wedgingBundle(bundle: WorkflowBundle, folder: string, way: Way): WorkflowBundle {
  const code = readFileSync(bundle.codePath, 'utf8');
  if (code.split(SIGNALLED).length !== 2) throw new Error("the SDK's signalWorkflow is not where it was; see wedge.ts");
  const wedging = `${SIGNALLED} if (activation.signalName === '${WEDGE}') { ${WAYS[way]} }`;
  const codePath = join(folder, `wedging-${way}.js`);
  writeFileSync(codePath, code.replace(SIGNALLED, wedging));
  return { codePath };
}

/** Wedges a workflow of a worker with a bundle that `throws`, and waits until its task has failed twice, which is when lists know it. */
export async function wedge(client: Client, workflowId: string): Promise<void> {
  await client.workflow.getHandle(workflowId).signal(WEDGE);
  const isKnown = async () => {
    const query = `WorkflowId = '${workflowId}' AND TemporalReportedProblems IS NOT NULL`;
    const { executions } = await client.workflowService.listWorkflowExecutions({ namespace: 'default', query });
    return executions.length > 0 || undefined;
  };
  if (!(await until(isKnown, 45_000))) throw new Error(`${workflowId} is not reported to fail`);
}
