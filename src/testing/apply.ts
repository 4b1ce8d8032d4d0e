/** Applies a specification in a test, and waits for the end of the change. */
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { DroverClient } from '../client';
import type { ChangeState, ChangeView, FleetSpec, PlannedChange } from '../contract/fleet';
import { fleetWorkflowId, provisionWorkflowId } from '../contract/names';
import { until } from '../lib/until';
import type { SimulatedClock } from './server/clock';
import { isClosed, settle } from './server/settle';

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

/** What a change in a test needs. */
export interface Changing {
  readonly client: DroverClient;
  readonly temporal: Client;
  readonly clock: SimulatedClock;
}

/** Applies, and waits for the end. */
export async function applied(changing: Changing, fleet: string, spec: FleetSpec): Promise<AppliedChange> {
  const { client, clock } = changing;
  const { changeId, revision, changes } = await clock.during(client.fleets.apply(fleet, { spec }));
  if (changeId === null) return { state: 'done', error: null, revision, changes, change: null };
  const change = await followed(changing, fleet, { changeId, revision });
  const state = change.state === 'running' ? 'failed' : change.state;
  return { state, error: change.error, revision, changes, change };
}

/** Waits for the end of a change. Time passes only while the change runs: the looks of the client at its end take real time. */
export async function followed(
  { client, temporal, clock }: Changing,
  fleet: string,
  change: { readonly changeId: string; readonly revision: number },
): Promise<ChangeView> {
  const workflowId = provisionWorkflowId(fleet, change.revision);
  await settle(temporal, [fleetWorkflowId(fleet)]);
  await clock.during(ended(temporal, workflowId), () => isClosed(temporal, workflowId));
  return client.fleets.follow(fleet, change);
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
