/** Signals from an agent to others, in order for each receiver. */
import type { SignalDefinition } from '@temporalio/common';
import type { Delivery } from '../contract/activities';
import { type Carrier, createOutbox } from './shared/outbox';

export interface Post {
  /** Sends after everything that was sent to the same workflow before. */
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** Signals not yet acknowledged, those that still wait their turn included. */
  pending(): number;
}

/** One per run of the workflow. Signals sent in one task may arrive in any order, so each waits for the one before. */
export function createPost(carry?: Carrier): Post {
  const outbox = createOutbox(carry);
  const last = new Map<string, Promise<Delivery>>();
  let pending = 0;
  return {
    pending: () => pending,
    async send(workflowId, signal, argument) {
      pending += 1;
      const before = last.get(workflowId);
      const send = () => outbox.send(workflowId, signal, argument);
      // A promise costs the sandbox a stack trace: where nothing is on its way, none is waited for.
      const sent = before === undefined ? send() : before.then(send);
      last.set(workflowId, sent);
      try {
        return await sent;
      } finally {
        pending -= 1;
        if (last.get(workflowId) === sent) last.delete(workflowId);
      }
    },
  };
}
