/** Signals to other workflows (docs/workflow-rules.md, rule 1): awaited, tried again until they have arrived, counted as unfinished work meanwhile. */
import { ApplicationFailure, type SignalDefinition } from '@temporalio/common';
import { CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Delivery } from '../../contract/activities';
import { isWellFormed, utf8Bytes } from '../../contract/text';
import { jsonBytes } from '../../rules/lib/json-bytes';
import { signalActivities } from '../activities';
import type { Pacer } from './pacer';
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
  /**
   * Sends one signal after everything that was sent to the same workflow before, and waits until it has arrived or its receiver
   * is gone. Survives the cancellation of the caller's scope.
   */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** The same, where nothing is to be done about a receiver that is gone. */
  tell<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): void;
  /**
   * Signals that the server has not acknowledged, those that wait for their turn included. With any, a workflow must neither
   * complete nor continue as new.
   */
  pending(): number;
}

/**
 * One per run of a workflow. Signals of one task may arrive in any order, so each waits for the former one to the same receiver.
 * `pacer`: shared with everything else that the workflow emits.
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
    // A promise costs the sandbox a stack trace: where nothing is on its way, none is waited for.
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
      supervisor.keep(`tell ${workflowId}`, () => send(workflowId, signal, argument));
    },
  };
}

function isWorkflowId(text: string): boolean {
  return text !== '' && utf8Bytes(text) <= MOST_ID_BYTES && isWellFormed(text);
}
