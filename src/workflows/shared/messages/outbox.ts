/** Signals to other workflows (docs/workflow-rules.md, rule 1): retried until they have arrived, and counted as unfinished work until then. */
import type { SignalDefinition } from '@temporalio/common';
import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Delivery } from '../../../contract/activities';
import { isWellFormed, utf8Bytes } from '../../../contract/text';
import { jsonBytes } from '../../../rules/lib/json-bytes';
import { signalActivities } from '../../activities/messages';
import { isGone } from '../failures';
import type { Pacer } from './pacer';
import type { Supervisor } from '../supervise';

/** Sends one signal. Rejects when the outcome is unknown: neither delivered nor without a receiver. */
export type Carrier = (workflowId: string, signal: string, argument: unknown) => Promise<Delivery>;

/** Limit of the server for a workflow id, in bytes. A longer or empty id would fail the sender's workflow task for ever. */
const MOST_ID_BYTES = 1_000;

/**
 * For entities: sends the signal with the commands of the current workflow task, so that the next message does not wait for a call. The
 * acknowledgement costs a second task.
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

/** For runs and branches, which only wait for the result: sends within the current workflow task (decision 15). */
export const withinTheTask: Carrier = (workflowId, signal, argument) =>
  signalActivities().signalWorkflow({ workflowId, signal, argument });

/** The outgoing signals of one workflow. */
export interface Outbox {
  /**
   * Sends a signal after all earlier ones to the same workflow, and waits until it has arrived or its receiver is gone. Continues when
   * the caller's scope is cancelled.
   */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** Sends a signal without waiting. Ignores a receiver that is gone. */
  tell<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): void;
  /**
   * Number of signals that wait or are not acknowledged. A workflow must not complete or continue as new before it is 0.
   */
  pending(): number;
}

/**
 * Create one per run of a workflow. The server may reorder the signals of one task, so each signal waits for the previous one to the
 * same receiver. `pacer` is shared with everything else that the workflow emits.
 */
export function createOutbox(supervisor: Supervisor, carry: Carrier = afterTheTask, pacer?: Pacer): Outbox {
  const last = new Map<string, Promise<Delivery>>();
  let pending = 0;

  async function arrive<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery> {
    if (!isWorkflowId(workflowId)) return 'gone';
    return CancellationScope.nonCancellable(() =>
      supervisor.persist(`${signal.name} to ${workflowId}`, () => carry(workflowId, signal.name, argument)),
    );
  }
  async function inOrder<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery> {
    const former = last.get(workflowId);
    const now = () => arrive(workflowId, signal, argument);
    // Every promise costs the sandbox a stack trace, so this creates one only when an earlier signal is in flight.
    const sent = former === undefined ? now() : former.then(now, now);
    last.set(workflowId, sent);
    try {
      return await sent;
    } finally {
      if (last.get(workflowId) === sent) last.delete(workflowId);
    }
  }
  async function send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery> {
    pending += 1;
    const now = () => inOrder(workflowId, signal, argument);
    try {
      return await (pacer === undefined ? now() : pacer.through(jsonBytes(argument), now));
    } finally {
      pending -= 1;
    }
  }
  return {
    send,
    pending: () => pending,
    tell(workflowId, signal, argument) {
      supervisor.keep(`signal ${workflowId}`, () => send(workflowId, signal, argument));
    },
  };
}

function isWorkflowId(text: string): boolean {
  return text !== '' && utf8Bytes(text) <= MOST_ID_BYTES && isWellFormed(text);
}
