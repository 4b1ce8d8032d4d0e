/** Version 0.0.3: the old code is gone, and the patch is deprecated. */
import { sleep, upsertMemo } from '@temporalio/workflow';
import { deprecate } from '../../../src/workflows/patches';
import { MEMO_FIRST } from './patch';
import { untilTold } from './waiting';

export async function synthetic(): Promise<string> {
  deprecate(MEMO_FIRST);
  upsertMemo({ first: true });
  await sleep('1ms');
  await untilTold();
  return 'as changed';
}
