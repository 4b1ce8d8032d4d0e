/** Version 0.0.1 of the synthetic workflows: no patch, and a counter whose input has version 1. */
import { sleep } from '@temporalio/workflow';
import { migrations } from '../../../src/rules/lib/migrations';
import { migrated } from '../../../src/workflows/shared/migrated';
import { untilTold } from './waiting';

export async function synthetic(): Promise<string> {
  await sleep('1ms');
  await untilTold();
  return 'as before';
}

const COUNTER_INPUT = migrations<1>('counter', 1, []);

/** `{v: 1, count}`. */
export async function counter(argument: unknown): Promise<unknown> {
  const { count } = migrated(COUNTER_INPUT, argument);
  await untilTold();
  return count;
}
