/** Signals of runs and branches: in order for each receiver, and never too many in one task. */
import type { SignalDefinition } from '@temporalio/common';
import type { Delivery } from '../contract/activities';
import { jsonBytes } from '../rules/json-bytes';
import { createPost } from './agent-post';
import { withinTheTask } from './shared/outbox';
import { type Pacer, createPacer } from './shared/pacer';

export interface Courier {
  send<T>(workflowId: string, signal: SignalDefinition<[T]>, argument: T): Promise<Delivery>;
  /** Signals and starts of branches that are not acknowledged, those that wait their turn included. */
  pending(): number;
  /** Shared with everything else that the workflow emits. */
  readonly pacer: Pacer;
}

/** One per workflow. */
export function createCourier(): Courier {
  const post = createPost(withinTheTask);
  const pacer = createPacer();
  return {
    pacer,
    pending: () => pacer.pending(),
    send: (workflowId, signal, argument) =>
      pacer.through(jsonBytes(argument), () => post.send(workflowId, signal, argument)),
  };
}
