/** Bare counterparts: the least work of Temporal for each of Drover's operations. */
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  setHandler,
  startChild,
} from '@temporalio/workflow';

export const bareSignal = defineSignal<[unknown]>('bareSignal');
export const bareEnd = defineSignal('bareEnd');
export const bareQuery = defineQuery<number>('bareQuery');
export const bareUpdate = defineUpdate<number>('bareUpdate');
export const bareEffect = defineUpdate<unknown>('bareEffect');
export const bareRefused = defineUpdate<number>('bareRefused');

const { bareActivity } = proxyActivities<{ bareActivity(argument: unknown): Promise<unknown> }>({
  startToCloseTimeout: '1m',
});

/**
 * A signal, a query, an accepted update, an update that runs an activity, and one that its
 * validator refuses.
 */
export async function bareEntity(): Promise<void> {
  let count = 0;
  let isOver = false;
  setHandler(bareSignal, () => {
    count += 1;
  });
  setHandler(bareQuery, () => count);
  setHandler(bareUpdate, () => (count += 1));
  setHandler(bareEffect, () => bareActivity(null));
  setHandler(bareRefused, () => count, {
    validator: () => {
      throw new Error('refused');
    },
  });
  setHandler(bareEnd, () => {
    isOver = true;
  });
  await condition(() => isOver);
}

/** A child that does nothing. */
export async function bareChild(): Promise<void> {
  await condition(() => true);
}

/** A child with one activity. */
export async function bareTurn(): Promise<void> {
  await bareActivity(null);
}

/** `count` children with one activity each, at once. */
export async function bareTurns(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => executeChild(bareTurn)));
}

/** `count` times two activities and a child start, `atOnce` at a time. */
export async function bareProvision(count: number, atOnce: number): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await bareActivity(null);
      await bareActivity(null);
      await startChild(bareChild, { parentClosePolicy: 'ABANDON' });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
