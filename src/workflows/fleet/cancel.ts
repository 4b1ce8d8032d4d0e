/** Cancels the running change: signals its saga, and terminates a saga whose workflow does not answer. */
import { CancellationScope, type ChildWorkflowHandle, condition } from '@temporalio/workflow';
import type { ProvisionInput, ProvisionResult, ProvisionWorkflow } from '../../contract/fleet';
import { provisionSignals } from '../../contract/fleet/messages';
import { DEFAULT_TIMEOUT } from '../../rules/change/run';
import { durationMs } from '../../rules/lib/duration';
import { giveUpActivity } from '../activities/fleet';
import type { FleetMachine } from './machine';

/** A saga stops by itself at its timeout. One that has not stopped after this long is watched like a cancelled one. */
const OVERDUE_MS = 5 * 60_000;

/** Waits for the end of the saga, and watches it when it is cancelled or overdue. Throws when its workflow ended without a result. */
export async function endOf(
  machine: FleetMachine,
  saga: ChildWorkflowHandle<ProvisionWorkflow>,
  input: ProvisionInput,
): Promise<ProvisionResult> {
  const scope = new CancellationScope({ cancellable: true });
  // Only the end of the saga counts, so a failure of the watcher is ignored.
  const watching = scope.run(() => watch(machine, saga, input)).catch(() => undefined);
  try {
    return await saga.result();
  } finally {
    scope.cancel();
    await watching;
  }
}

async function watch(
  machine: FleetMachine,
  saga: ChildWorkflowHandle<ProvisionWorkflow>,
  { provisioning }: ProvisionInput,
): Promise<void> {
  const ordered = () => machine.state.change?.cancel;
  const dueMs = (durationMs(provisioning.timeout ?? DEFAULT_TIMEOUT) ?? 0) + OVERDUE_MS;
  await condition(() => ordered() !== undefined, dueMs, {
    summary: 'wait for a cancellation or the timeout of the change',
  });
  const order = ordered();
  // A saga that has just ended does not need the signal.
  if (order) await saga.signal(provisionSignals.cancelRequested, order).catch(() => undefined);
  await giveUpActivity('terminate the change if it does not answer').giveUpUnanswered({ workflowId: saga.workflowId });
}
