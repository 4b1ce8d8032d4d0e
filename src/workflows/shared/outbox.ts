/** Signals to other workflows (rules of conduct, 1): awaited, their failure caught, counted as unfinished work meanwhile. */
import { type SignalDefinition, CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Delivery } from '../../contract/activities';
import { signalActivities } from '../activities';

/** How a signal leaves; rejects where its receiver does not take it. */
export type Carrier = (workflowId: string, signal: string, argument: unknown) => Promise<Delivery>;

/**
 * Of an entity: with the end of its present task, so that its next message does not wait for a call. It costs a second task, in which the
 * entity hears that the signal has arrived.
 */
export const afterTheTask: Carrier = async (workflowId, signal, argument) => {
  await getExternalWorkflowHandle(workflowId).signal(signal, argument);
  return 'delivered';
};

/** Of a run or a branch, which has nothing else to do: within its present task (decision 15). */
export const withinTheTask: Carrier = (workflowId, signal, argument) =>
  signalActivities().signalWorkflow({ workflowId, signal, argument });

export interface Outbox {
  /** Sends one signal. Survives the cancellation of the caller's scope: a signal once begun is waited for. */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** Signals that the server has not acknowledged; with any, a workflow must neither complete nor continue as new. */
  pending(): number;
}

/** One per workflow. */
export function createOutbox(carry: Carrier = afterTheTask): Outbox {
  let pending = 0;
  return {
    pending: () => pending,
    async send(workflowId, signal, argument) {
      pending += 1;
      try {
        return await CancellationScope.nonCancellable(() => carry(workflowId, signal.name, argument));
      } catch {
        // The receiver is gone, and what that means is the sender's to decide.
        return 'gone';
      } finally {
        pending -= 1;
      }
    },
  };
}
