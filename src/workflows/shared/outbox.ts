/** Signals to other workflows (rules of conduct, 1): awaited, their failure caught, counted as unfinished work meanwhile. */
import { type SignalDefinition, CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';

/** `gone`: the target is closed or was never there. */
export type Delivery = 'delivered' | 'gone';

export interface Outbox {
  /** Sends one signal. Survives the cancellation of the caller's scope: a signal once begun is waited for. */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** Signals that the server has not acknowledged; with any, a workflow must neither complete nor continue as new. */
  pending(): number;
}

/** One per workflow. */
export function createOutbox(): Outbox {
  let pending = 0;
  return {
    pending: () => pending,
    async send(workflowId, signal, argument) {
      pending += 1;
      try {
        await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).signal(signal, argument));
        return 'delivered';
      } catch {
        // The server answers only "not found" here: the receiver is gone, and what that means is the sender's to decide.
        return 'gone';
      } finally {
        pending -= 1;
      }
    },
  };
}
