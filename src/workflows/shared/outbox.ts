/** Signals to other workflows (rules of conduct, 1): awaited, tried again until they have arrived, counted as unfinished work meanwhile. */
import { ApplicationFailure, type SignalDefinition } from '@temporalio/common';
import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Delivery } from '../../contract/activities';
import { isWellFormed, utf8Bytes } from '../../contract/text';
import { signalActivities } from '../activities';
import type { Supervisor } from './supervise';

/** How a signal leaves; rejects where it is not known to have arrived, and not known to have no receiver. */
export type Carrier = (workflowId: string, signal: string, argument: unknown) => Promise<Delivery>;

/** Bytes of a workflow's id that the server takes. A command with a longer one, or with none, would fail the sender's task for ever. */
const MOST_ID_BYTES = 1_000;

/** The two ways in which the server says that no such workflow is open, or that it takes no more signals (sdk-core, signal_external_state_machine.rs). */
const GONE = /it was not found|signal limit was exceeded/i;

/**
 * Of an entity: with the end of its present task, so that its next message does not wait for a call. It costs a second task, in which the
 * entity hears that the signal has arrived.
 */
export const afterTheTask: Carrier = async (workflowId, signal, argument) => {
  try {
    await getExternalWorkflowHandle(workflowId).signal(signal, argument);
    return 'delivered';
  } catch (error) {
    if (isGone(error)) return 'gone';
    throw error;
  }
};

/** Of a run or a branch, which has nothing else to do: within its present task (decision 15). */
export const withinTheTask: Carrier = (workflowId, signal, argument) =>
  signalActivities().signalWorkflow({ workflowId, signal, argument });

/** Whether a signal's failure says that its receiver is gone. Everything else says nothing of the receiver. */
export function isGone(error: unknown): boolean {
  return error instanceof ApplicationFailure && GONE.test(error.message);
}

export interface Outbox {
  /** Sends one signal, and waits until it has arrived or its receiver is gone. Survives the cancellation of the caller's scope. */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** Signals that the server has not acknowledged; with any, a workflow must neither complete nor continue as new. */
  pending(): number;
}

/** One per workflow. */
export function createOutbox(supervisor: Supervisor, carry: Carrier = afterTheTask): Outbox {
  let pending = 0;
  return {
    pending: () => pending,
    async send(workflowId, signal, argument) {
      if (!isWorkflowId(workflowId)) return 'gone';
      pending += 1;
      try {
        const what = `${signal.name} to ${workflowId}`;
        return await CancellationScope.nonCancellable(() =>
          supervisor.persist(what, () => carry(workflowId, signal.name, argument)),
        );
      } finally {
        pending -= 1;
      }
    },
  };
}

function isWorkflowId(text: string): boolean {
  return text !== '' && utf8Bytes(text) <= MOST_ID_BYTES && isWellFormed(text);
}
