/** Version 0.0.4: no trace of the patch is left. */
import { sleep, upsertMemo } from '@temporalio/workflow';
import { untilTold } from './waiting';

export async function synthetic(): Promise<string> {
  upsertMemo({ first: true });
  await sleep('1ms');
  await untilTold();
  return 'as changed';
}
