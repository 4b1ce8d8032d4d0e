/**
 * The messages of a pool of credentials. A handler receives `unknown`, because any caller may send
 * them: rules/ parses every argument. The definition types the sender.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { DESCRIBE } from '../names';
import type {
  AllocationRejected,
  AllocationRequested,
  FailureObserved,
  PoolConfiguration,
  PoolLeft,
  PoolView,
} from './index';

/** The query for a pool's view. */
export const describePool = defineQuery<PoolView>(DESCRIBE);

/** The updates of a pool. */
export const poolUpdates = {
  configure: defineUpdate<PoolView, [PoolConfiguration & { requestId?: string }]>('configure'),
  reset: defineUpdate<PoolView, [{ credential?: string; requestId?: string }]>('reset'),
  leave: defineUpdate<PoolView, [PoolLeft & { requestId?: string }]>('leave'),
} as const;

/** The signals between agents and their pool. The receiver deduplicates by `requestId`. */
export const poolSignals = {
  failureObserved: defineSignal<[FailureObserved]>('failureObserved'),
  allocationRequested: defineSignal<[AllocationRequested]>('allocationRequested'),
  allocationRejected: defineSignal<[AllocationRejected]>('allocationRejected'),
  agentGone: defineSignal<[{ agent: string }]>('agentGone'),
} as const;
