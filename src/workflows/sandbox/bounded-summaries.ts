/**
 * What timers, activities and children are called in Temporal's Web UI. The server refuses a summary beyond a few hundred bytes, and the
 * workflow task fails for ever then. A branch deep in a run has an id of thousands.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { boundedText } from '../../contract/text';

/** Half of what the server takes (400). */
const SUMMARY_BYTES = 200;
/** Far below what the server takes (20,000). */
const DETAILS_BYTES = 4 * 1024;

/** Found by this name: the bundle lists this file among its interceptors. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      startTimer: (input, next) => next({ ...input, ...withOptions(input.options) }),
      scheduleActivity: (input, next) => next({ ...input, ...withOptions(input.options) }),
      scheduleLocalActivity: (input, next) => next({ ...input, ...withOptions(input.options) }),
      startChildWorkflowExecution: (input, next) => next({ ...input, ...withOptions(input.options) }),
    },
  ],
});

interface Told {
  readonly summary?: string;
  readonly staticSummary?: string;
  readonly staticDetails?: string;
}

function withOptions<O extends Told>(options: O | undefined): { options: O } | Record<never, never> {
  if (options === undefined) return {};
  const { summary, staticSummary, staticDetails } = options;
  return {
    options: {
      ...options,
      ...(summary === undefined ? {} : { summary: boundedText(summary, SUMMARY_BYTES) }),
      ...(staticSummary === undefined ? {} : { staticSummary: boundedText(staticSummary, SUMMARY_BYTES) }),
      ...(staticDetails === undefined ? {} : { staticDetails: boundedText(staticDetails, DETAILS_BYTES) }),
    },
  };
}
