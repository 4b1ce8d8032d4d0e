/** Signals of runs and branches: in order for each receiver, and never too many in one task. */
import type { SignalDefinition } from '@temporalio/common';
import type { Delivery } from '../../contract/activities';
import { jsonBytes } from '../../rules/lib/json-bytes';
import { createPost } from '../agent/post';
import { withinTheTask } from '../shared/outbox';
import { type Pacer, createPacer } from '../shared/pacer';
import type { Supervisor } from '../shared/supervise';

export interface Courier {
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** The same, where nothing is to be done about a receiver that is gone. */
  tell<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): void;
  /** Signals and starts of branches that are not acknowledged, those that wait their turn included. */
  pending(): number;
  /** Shared with everything else that the workflow emits. */
  readonly pacer: Pacer;
}

/** One per workflow. */
export function createCourier(supervisor: Supervisor): Courier {
  const post = createPost(supervisor, withinTheTask);
  const pacer = createPacer();
  const send: Courier['send'] = (workflowId, signal, argument) =>
    pacer.through(jsonBytes(argument), () => post.send(workflowId, signal, argument));
  return {
    pacer,
    pending: () => pacer.pending(),
    send,
    tell(workflowId, signal, argument) {
      supervisor.keep(`tell ${workflowId}`, () => send(workflowId, signal, argument));
    },
  };
}
