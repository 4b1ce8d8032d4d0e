/** Tells a change that runs, or a part of one, what the fleet's holds are. */
import { CancellationScope, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { Hold } from '../../contract/agent';
import { provisionSignals } from '../../contract/messages';
import type { provision } from '../provision';

/** One that has just ended needs not hear it; a cancelled one must, as it goes on until what it began has settled. */
export async function tellHolds(
  child: Pick<ChildWorkflowHandle<typeof provision>, 'signal'>,
  holds: readonly Hold[],
): Promise<void> {
  await CancellationScope.nonCancellable(() => child.signal(provisionSignals.holdsChanged, { holds })).catch(
    () => undefined,
  );
}
