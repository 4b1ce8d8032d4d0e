/** Publishes the usage of turns for lists, by a memo of the workflow. */
import { upsertMemo, workflowInfo } from '@temporalio/workflow';
import { type Usage, USAGE_MEMO } from '../../contract/usage';

/** Writes the sum; costs one event, and nothing if it is known already. */
export function tellUsage(usage: Usage): void {
  const told: unknown = workflowInfo().memo?.[USAGE_MEMO];
  if (JSON.stringify(told) !== JSON.stringify(usage)) upsertMemo({ [USAGE_MEMO]: usage });
}
