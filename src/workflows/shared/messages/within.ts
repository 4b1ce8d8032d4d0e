/** Messages between a run and the branch within its workflow: they pass the doors of signals, and cost no event (decision 41). */
import type { Outbox } from './outbox';
import type { Supervisor } from '../supervise';
import type { Doors } from './receive';

/** An outbox that hands a message over at once where `doorsOf` knows its receiver, and sends it otherwise. */
export function handingOver(
  outbox: Outbox,
  doorsOf: (workflowId: string) => Doors | undefined,
  supervisor: Supervisor,
): Outbox {
  return {
    pending: () => outbox.pending(),
    async send(workflowId, signal, argument) {
      const doors = doorsOf(workflowId);
      if (doors === undefined) return outbox.send(workflowId, signal, argument);
      await doors.get(signal.name)?.(argument);
      return 'delivered';
    },
    tell(workflowId, signal, argument) {
      const doors = doorsOf(workflowId);
      if (doors === undefined) outbox.tell(workflowId, signal, argument);
      else supervisor.keep(`hand over ${signal.name}`, async () => doors.get(signal.name)?.(argument));
    },
  };
}
