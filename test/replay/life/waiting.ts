/** The end of every version of the synthetic workflow: it waits for the signal to go on. */
import { condition, defineSignal, setHandler } from '@temporalio/workflow';

export const go = defineSignal('go');

export async function untilTold(): Promise<void> {
  let isTold = false;
  setHandler(go, () => {
    isTold = true;
  });
  await condition(() => isTold);
}
