/**
 * Signals with a name that Temporal reserves. While a default signal handler is set, the SDK throws for such a signal without a handler,
 * and the workflow task fails for ever. Without a default handler the SDK buffers every unknown signal as long as the workflow runs.
 * So this interceptor renames them before the SDK sees them, and they are handled like other unknown signals (decision 19).
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';

const RESERVED_PREFIX = '__temporal_';
/** Prefix of a renamed signal. No signal of Drover begins with it. */
const RENAMED_PREFIX = 'reserved:';

/** The SDK finds this export by its name, because the bundle takes every file of this folder. */
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
