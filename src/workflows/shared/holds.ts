/** Sends the fleet's holds to a running change or to a part of one. */
import { CancellationScope, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { Hold } from '../../contract/agent';
import { provisionSignals } from '../../contract/fleet/messages';
import type { ProvisionWorkflow } from '../../contract/fleet';
import { isGone } from './failures';
import type { Supervisor } from './supervise';

/**
 * Ignores a child that has ended. A cancelled child still receives the holds, because it runs until its open work has settled. Any
 * other failure is retried.
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
