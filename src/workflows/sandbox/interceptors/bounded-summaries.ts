/**
 * Bounds what timers, activities and children are called in Temporal's Web UI. Temporal's API allows 400 bytes for a summary and 20,000
 * for details; a server that enforces this fails the workflow task for ever. The server of `drover up` takes a million (measured,
 * test/workflows/sandbox/summaries-accepted.test.ts). A branch deep in a run has an id of thousands.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { boundedText } from '../../../contract/text';
import { jsonBytes } from '../../../rules/lib/json-bytes';

/** Half of what the API allows, as a text. */
const SUMMARY = { bytes: 200, asJson: 400 } as const;
/** Far below what the API allows. */
const DETAILS = { bytes: 4 * 1024, asJson: 20_000 } as const;

/** The SDK finds this export by its name, because the bundle takes every file of this folder. */
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
      ...(summary === undefined ? {} : { summary: bounded(summary, SUMMARY) }),
      ...(staticSummary === undefined ? {} : { staticSummary: bounded(staticSummary, SUMMARY) }),
      ...(staticDetails === undefined ? {} : { staticDetails: bounded(staticDetails, DETAILS) }),
    },
  };
}

/** Texts travel as JSON, which writes up to six bytes for a quote or a control character. */
function bounded(text: string, { bytes, asJson }: { readonly bytes: number; readonly asJson: number }): string {
  let cut = boundedText(text, bytes);
  for (let most = bytes; jsonBytes(cut) > asJson; most = Math.floor(most / 2)) cut = boundedText(text, most);
  return cut;
}
