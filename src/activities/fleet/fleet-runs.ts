/** Effects of a fleet on its runs: it gives them their topology, and ends them when it is destroyed. */
import { Context } from '@temporalio/activity';
import { Fleets } from '../../client/fleets/fleets';
import { runPlanOf } from '../../client/runs/run-plan';
import type { Calls } from '../../client/temporal/calls';
import { endOf } from '../../client/temporal/ends';
import { allPages } from '../../client/temporal/pages';
import { type RunRef, runSubject } from '../../client/temporal/subject';
import { equals, listWorkflows } from '../../client/temporal/visibility';
import type { CancelRunsCall } from '../../contract/activities';
import { DroverError, type ErrorCode } from '../../contract/errors';
import { runUpdates } from '../../contract/run/messages';
import { RUN_WORKFLOW } from '../../contract/names';
import type { RunPlan } from '../../contract/run';
import { monotonicMs } from '../../lib/clock';
import { asActivityFailure } from '../failures';

/** A run withdraws and undoes its turns within about a second. A slower one does not keep the fleet. */
const END_WITHIN_MS = 30_000;
/** A run that does not answer within this time is skipped. */
const ANSWER_WITHIN_MS = 5_000;
/** Polling interval for the ends of runs. */
const LOOK_EVERY_MS = 200;

/** Finds the open runs of a fleet. */
export type OpenRuns = (fleet: string) => Promise<readonly RunRef[]>;

/** Finds them in visibility. */
export function listOpenRuns(calls: Calls, fleet: string): Promise<readonly RunRef[]> {
  const conditions = [
    equals('WorkflowType', RUN_WORKFLOW),
    equals('DroverFleet', fleet),
    equals('ExecutionStatus', 'Running'),
  ];
  const read = ({ workflowId }: { readonly workflowId: string }): RunRef => ({
    fleet,
    run: workflowId.split('/')[2] ?? '',
  });
  return allPages((page) => listWorkflows(calls, conditions, read, page));
}

/** Cancels every open run of the fleet, and waits up to 30 s for their ends. */
export async function cancelRuns(calls: Calls, { fleet, reason }: CancelRunsCall, openRuns: OpenRuns): Promise<void> {
  const runs = await openRuns(fleet);
  const deadline = monotonicMs() + END_WITHIN_MS;
  for (const ref of runs) await cancel(calls, ref, reason);
  for (const ref of runs) {
    while (monotonicMs() < deadline && (await endOf(calls, runSubject(ref))) === null) {
      await Context.current().sleep(LOOK_EVERY_MS);
    }
  }
}

/** Refusals that the same fleet would repeat; the caller of the run decides when to start it again. */
const REFUSALS: readonly ErrorCode[] = ['FleetNotFound', 'ChangeInProgress', 'InvalidRequest'];

/** The topology and the webhooks of a fleet, for a run that was started without them. */
export async function planRun(calls: Calls, fleet: string): Promise<RunPlan> {
  try {
    return runPlanOf(await new Fleets(calls, Context.current().info.taskQueue).present(fleet));
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    throw asActivityFailure(error, { permanent: REFUSALS.includes(error.code), expected: true });
  }
}

/** Cancels one run. Ignores a run that is over, already cancelled, or does not answer. */
async function cancel(calls: Calls, ref: RunRef, reason: string): Promise<void> {
  try {
    await calls.update(runSubject(ref), runUpdates.cancel, { reason }, { timeoutMs: ANSWER_WITHIN_MS });
  } catch (error) {
    const isExpected = error instanceof DroverError && EXPECTED.includes(error.code);
    if (!isExpected) throw error;
  }
}

const EXPECTED: readonly string[] = ['RunNotFound', 'RuntimeStateError', 'Timeout', 'Unavailable'];
