/** Applies a specification in a test, and waits for the end of the change. */
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { DroverClient } from '../client';
import type { ChangeState, ChangeView, FleetSpec, PlannedChange } from '../contract/fleet';
import { provisionWorkflowId } from '../contract/names';
import { until } from '../lib/until';

/** The end of a change. `change` is null if nothing differed. */
export interface AppliedChange {
  readonly state: Exclude<ChangeState, 'running'>;
  readonly error: string | null;
  readonly revision: number;
  readonly changes: readonly PlannedChange[];
  readonly change: ChangeView | null;
}

/** How long a fleet may take to begin an accepted change, in real milliseconds. */
const BEGINS_WITHIN_MS = 30_000;

/** Applies, and waits for the end. */
export async function applied(
  client: DroverClient,
  temporal: Client,
  fleet: string,
  spec: FleetSpec,
): Promise<AppliedChange> {
  const { changeId, revision, changes } = await client.fleets.apply(fleet, { spec });
  if (changeId === null) return { state: 'done', error: null, revision, changes, change: null };
  await ended(temporal, provisionWorkflowId(fleet, revision));
  const change = await client.fleets.follow(fleet, { changeId, revision });
  const state = change.state === 'running' ? 'failed' : change.state;
  return { state, error: change.error, revision, changes, change };
}

/** Waits by a call that the server answers at the moment of the end, so that little time passes. */
async function ended({ workflow }: Client, workflowId: string): Promise<void> {
  await until(async () => {
    try {
      await workflow.getHandle(workflowId).result();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      // The fleet says how it ended.
      if (!(error instanceof WorkflowFailedError)) throw error;
    }
    return true;
  }, BEGINS_WITHIN_MS);
}
