/** A real run over branches that never hear anything: what it is like to wait for a workflow that is wedged. */
import { CancellationScope, sleep } from '@temporalio/workflow';

export { run } from '../../../src/workflows/run/workflow';

/** For an hour neither signals nor a cancellation end it. */
export async function branch(): Promise<void> {
  await CancellationScope.nonCancellable(() => sleep('1 hour'));
}
