/** Signals from an agent to others, in order for each receiver. */
import type { SignalDefinition } from '@temporalio/common';
import type { Delivery } from '../../contract/activities';
import { type Carrier, createOutbox } from '../shared/outbox';
import type { Supervisor } from '../shared/supervise';

export interface Post {
  /** Sends after everything that was sent to the same workflow before. */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** The same, where nothing is to be done about a receiver that is gone. */
  tell<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): void;
  /** Signals not yet acknowledged, those that still wait their turn included. */
  pending(): number;
}

/** One per run of the workflow. Signals sent in one task may arrive in any order, so each waits for the one before. */
export function createPost(supervisor: Supervisor, carry?: Carrier): Post {
  const outbox = createOutbox(supervisor, carry);
  const last = new Map<string, Promise<Delivery>>();
  let pending = 0;
  async function send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery> {
    pending += 1;
    const before = last.get(workflowId);
    const now = () => outbox.send(workflowId, signal, argument);
    // A promise costs the sandbox a stack trace: where nothing is on its way, none is waited for.
    const sent = before === undefined ? now() : before.then(now, now);
    last.set(workflowId, sent);
    try {
      return await sent;
    } finally {
      pending -= 1;
      if (last.get(workflowId) === sent) last.delete(workflowId);
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
