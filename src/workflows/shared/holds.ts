/** Tells a change that runs, or a part of one, what the fleet's holds are. */
import { CancellationScope, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { Hold } from '../../contract/agent';
import { provisionSignals } from '../../contract/fleet/messages';
import type { ProvisionWorkflow } from '../../contract/fleet';
import { isGone } from './outbox';
import type { Supervisor } from './supervise';

/**
 * One that has just ended needs not hear it; a cancelled one must, as it goes on until what it began has settled. What else keeps the
 * signal from it is tried again.
 */
export async function tellHolds(
  child: Pick<ChildWorkflowHandle<ProvisionWorkflow>, 'signal' | 'workflowId'>,
  holds: readonly Hold[],
  supervisor: Supervisor,
): Promise<void> {
  const tell = async (): Promise<void> => {
    try {
      await child.signal(provisionSignals.holdsChanged, { holds });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  };
  await CancellationScope.nonCancellable(() => supervisor.persist(`tell ${child.workflowId} of the holds`, tell));
}
