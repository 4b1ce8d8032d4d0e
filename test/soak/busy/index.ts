/** A workflow whose first activation takes as long as its argument says: real time, read past the sandbox. */
import { CancellationScope, workflowInfo } from '@temporalio/workflow';

/** Promises, scopes and stacks at every step, so that the SDK's hooks are busy all the time. */
export async function busy(ms: number): Promise<string> {
  const { now } = workflowInfo().unsafe;
  const until = now() + ms;
  const step = (): Promise<void> =>
    CancellationScope.nonCancellable(async () => void (await Promise.all([Promise.resolve(), Promise.resolve()])));
  const worker = async (): Promise<void> => {
    while (now() < until) await step();
  };
  await Promise.all(Array.from({ length: 1_000 }, worker));
  return 'done';
}
