/** What anybody may send to any workflow, whatever it makes of it. */
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { TestEnv } from './env';

const bytes = (text: string) => Buffer.from(text, 'utf8');

/** Payloads that no converter of ours can read. */
export const RAW_PAYLOADS: readonly temporal.api.common.v1.IPayload[] = [
  { metadata: { encoding: bytes('json/plain') }, data: bytes('{"hold":') },
  { metadata: { encoding: bytes('binary/encrypted') }, data: Buffer.from([0, 1, 2, 255]) },
  { metadata: { encoding: bytes('binary/plain') }, data: Buffer.from([0, 1, 2, 255]) },
  { metadata: {}, data: bytes('{}') },
  { data: bytes('{}') },
  {},
];

/** Sends a signal with a payload that no client of ours would make. */
export async function sendRaw(
  env: TestEnv,
  { workflowId }: Pick<WorkflowHandle, 'workflowId'>,
  signalName: string,
  payload: temporal.api.common.v1.IPayload,
): Promise<void> {
  await env.client.workflowService.signalWorkflowExecution({
    namespace: env.namespace,
    workflowExecution: { workflowId },
    signalName,
    input: { payloads: [payload] },
  });
}

/** Values of no shape that any signal has. */
export const ODD_VALUES: readonly unknown[] = [undefined, null, 7, 'text', [], {}, { agent: 7 }, { branch: 7 }];

/** Sends every raw payload and every odd value under each name. */
export async function sendEverything(env: TestEnv, handle: WorkflowHandle, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const value of ODD_VALUES) await handle.signal(name, value);
    for (const payload of RAW_PAYLOADS) await sendRaw(env, handle, name, payload);
  }
}

/** How many of its workflow tasks have failed so far. */
export async function failedTasks(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter(({ workflowTaskFailedEventAttributes: failed }) => failed).length;
}
