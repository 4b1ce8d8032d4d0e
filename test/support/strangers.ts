/** Messages that any client may send to any workflow. */
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

/** Names that Temporal keeps for itself: the SDK treats them in a way of its own. */
const RESERVED_NAMES = ['__temporal_', '__temporal_x', '__stack_trace', '__enhanced_stack_trace'];

/** Sends signals, updates and queries under reserved names: updates are refused, and nothing fails. */
async function sendReserved(env: TestEnv, handle: WorkflowHandle): Promise<void> {
  for (const name of RESERVED_NAMES) {
    for (const value of [undefined, { agent: 7 }]) await handle.signal(name, value);
    for (const payload of RAW_PAYLOADS) await sendRaw(env, handle, name, payload);
    await expect(handle.executeUpdate(name, { args: [{}] })).rejects.toThrow();
    if (name.startsWith('__temporal_')) await expect(handle.query(name, 7)).rejects.toThrow('did not register');
    else await handle.query(name, 7);
  }
}

/** Sends every raw payload and every odd value under each name, and under names that Temporal keeps for itself. */
export async function sendEverything(env: TestEnv, handle: WorkflowHandle, names: readonly string[]): Promise<void> {
  await sendReserved(env, handle);
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
