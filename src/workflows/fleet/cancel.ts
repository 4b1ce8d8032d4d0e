/** Cancelling the change that runs: its saga is told, and given up where its workflow does not answer. */
import { CancellationScope, type ChildWorkflowHandle, condition } from '@temporalio/workflow';
import type { ProvisionInput, ProvisionResult, ProvisionWorkflow } from '../../contract/fleet';
import { provisionSignals } from '../../contract/fleet/messages';
import { DEFAULT_TIMEOUT } from '../../rules/change/run';
import { durationMs } from '../../rules/lib/duration';
import { giveUpActivity } from '../activities';
import type { FleetMachine } from './machine';

/** After its timeout a saga stops by itself, at once; one that has not by then is looked at as if it were cancelled. */
const OVERDUE_MS = 5 * 60_000;

/** How the saga ends; while it is cancelled, or overdue, it is watched. Throws where its workflow ended without telling. */
export async function endOf(
  machine: FleetMachine,
  saga: ChildWorkflowHandle<ProvisionWorkflow>,
  input: ProvisionInput,
): Promise<ProvisionResult> {
  const scope = new CancellationScope({ cancellable: true });
  // Whatever ends the watching, how the saga ended is what counts.
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
  await condition(() => ordered() !== undefined, dueMs, { summary: 'cancelled?' });
  const order = ordered();
  // One that has just ended needs not hear it.
  if (order) await saga.signal(provisionSignals.cancelRequested, order).catch(() => undefined);
  await giveUpActivity('end the change if it does not answer').giveUpUnanswered({ workflowId: saga.workflowId });
}
