/**
 * Signals under a name that Temporal keeps for itself. The SDK throws for one that has no handler while a default signal handler is set, and
 * the workflow task fails for ever; without a default handler it keeps every unknown signal for as long as the workflow lives. So they are
 * renamed before the SDK looks at them, and are unknown signals like any other (decision 19).
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';

const RESERVED_PREFIX = '__temporal_';
/** Comes before a reserved name: no signal of ours begins so. */
const RENAMED_PREFIX = 'reserved:';

/** Found by this name: the bundle lists this file among its interceptors. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        for (const { signalWorkflow: signal } of input.activation.jobs ?? []) {
          const name = signal?.signalName;
          if (signal && name?.startsWith(RESERVED_PREFIX) === true) signal.signalName = `${RENAMED_PREFIX}${name}`;
        }
        next(input);
      },
    },
  ],
});
