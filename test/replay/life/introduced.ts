/** Version 0.0.2: the patch is introduced, and the counter's input has version 2. */
import { continueAsNew, sleep, upsertMemo } from '@temporalio/workflow';
import { migrations } from '../../../src/rules/lib/migrations';
import { isPatched } from '../../../src/workflows/patches';
import { migrated } from '../../../src/workflows/shared/migrated';
import { MEMO_FIRST } from './patch';
import { untilTold } from './waiting';

export async function synthetic(): Promise<string> {
  const isChanged = isPatched(MEMO_FIRST);
  if (isChanged) upsertMemo({ first: true });
  await sleep('1ms');
  await untilTold();
  return isChanged ? 'as changed' : 'as before';
}

const COUNTER_INPUT = migrations<2>('counter', 2, [({ count, ...others }) => ({ ...others, total: count })]);

/** `{v: 2, total, isCarried?}`. */
export async function counter(argument: unknown): Promise<unknown> {
  const { v, total, isCarried } = migrated(COUNTER_INPUT, argument);
  if (isCarried !== true) await continueAsNew<typeof counter>({ v, total: Number(total) + 1, isCarried: true });
  await untilTold();
  return total;
}
