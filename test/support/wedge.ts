/** Workflows that cannot answer, made on purpose: a bundle like the tests' own but for what it does with the signal `wedge`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { UNINTERRUPTED } from '../../src/hosting/activation-time';
import { DATA_CONVERTER } from '../../src/hosting/data-converter';
import { until } from '../../src/lib/until';
import { PATIENCE_MS } from './patience';
import { shared, workflowBundle, type WorkflowBundle } from './shared';

/** The signal that such a bundle knows. */
export const WEDGE = 'wedge';

/** `throws`: the task fails for ever. `diverges`: it does what the real code would not have done, which no longer replays the history. */
export type Way = 'throws' | 'diverges';

/** The timer that real code never starts. */
const STRAY = 999_999;
/** The SDK's function, as the bundle has it: without spaces. */
const SIGNALLED = 'signalWorkflow(activation){';
const WAYS: Readonly<Record<Way, string>> = {
  throws: "throw new Error('wedged on purpose');",
  diverges: `this.pushCommand({ startTimer: { seq: ${String(STRAY)}, startToFireTimeout: { seconds: 31536000, nanos: 0 } } }); return;`,
};

/** The bundle with that signal, written into `folder`. */
export function wedgingBundle(bundle: WorkflowBundle, folder: string, way: Way): WorkflowBundle {
  const wedging = `${SIGNALLED} if (activation.signalName === '${WEDGE}') { ${WAYS[way]} }`;
  return bundleWith(bundle, folder, `wedging-${way}`, [[SIGNALLED, wedging]]);
}

/** The bundle with other text in some places, each of which must be there exactly once; written into `folder`. */
export function bundleWith(
  bundle: WorkflowBundle,
  folder: string,
  name: string,
  changes: readonly (readonly [RegExp | string, string])[],
): WorkflowBundle {
  let code = readFileSync(bundle.codePath, 'utf8');
  for (const [place, text] of changes) {
    if (code.split(place).length !== 2) throw new Error(`${String(place)} is not once in the bundle`);
    code = code.replace(place, text);
  }
  const codePath = join(folder, `${name}.js`);
  writeFileSync(codePath, code);
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

/**
 * Wedges workflows of a server that no worker serves, for as long as the code is what it is: a worker of this function's own does what
 * the real code would not have done. Resolves when all of their histories hold that.
 */
export async function wedgeForGood(
  { address, namespace }: { readonly address: string; readonly namespace: string },
  taskQueue: string,
  workflowIds: readonly string[],
): Promise<void> {
  const [connection, native] = [await Connection.connect({ address }), await NativeConnection.connect({ address })];
  const client = new Client({ connection, namespace });
  const worker = await Worker.create({
    connection: native,
    namespace,
    taskQueue,
    dataConverter: DATA_CONVERTER,
    workflowBundle: wedgingBundle(workflowBundle(), shared().folder, 'diverges'),
    ...UNINTERRUPTED,
  });
  const wedgeAll = async () => {
    for (const workflowId of workflowIds) await client.workflow.getHandle(workflowId).signal(WEDGE);
    for (const workflowId of workflowIds) {
      const isWedged = async () =>
        (await startedTimers(client, workflowId)).includes(String(STRAY)) ? true : undefined;
      if (!(await until(isWedged, PATIENCE_MS))) throw new Error(`${workflowId} could not be wedged`);
    }
  };
  try {
    await worker.runUntil(wedgeAll);
  } finally {
    await native.close();
    await connection.close();
  }
}

async function startedTimers(client: Client, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).map((event) => event.timerStartedEventAttributes?.timerId ?? '');
}
