/** The runs of a fleet that is destroyed: they end before its agents, which may have turns to undo. */
import { Context } from '@temporalio/activity';
import type { Calls } from '../client/temporal/calls';
import { endOf } from '../client/temporal/ends';
import { allPages } from '../client/temporal/pages';
import { type RunRef, runSubject } from '../client/temporal/subject';
import { equals, listWorkflows } from '../client/temporal/visibility';
import type { CancelRunsCall } from '../contract/activities';
import { DroverError } from '../contract/errors';
import { runUpdates } from '../contract/run/messages';
import { RUN_WORKFLOW } from '../contract/names';
import { monotonicMs } from '../lib/clock';

/** A run withdraws its turns, and undoes what it has done, within a second or so; one that takes longer does not keep the fleet. */
const END_WITHIN_MS = 30_000;
/** A run that does not answer is left to itself. */
const ANSWER_WITHIN_MS = 5_000;
/** How often it is looked whether they have ended. */
const LOOK_EVERY_MS = 200;

/** Cancels every run of the fleet that is open, and waits for their ends. */
export async function cancelRuns(calls: Calls, { fleet, reason }: CancelRunsCall): Promise<void> {
  const conditions = [
    equals('WorkflowType', RUN_WORKFLOW),
    equals('DroverFleet', fleet),
    equals('ExecutionStatus', 'Running'),
  ];
  const read = ({ workflowId }: { readonly workflowId: string }): RunRef => ({
    fleet,
    run: workflowId.split('/')[2] ?? '',
  });
  const runs = await allPages((page) => listWorkflows(calls, conditions, read, page));
  const deadline = monotonicMs() + END_WITHIN_MS;
  for (const ref of runs) await cancel(calls, ref, reason);
  for (const ref of runs) {
    while (monotonicMs() < deadline && (await endOf(calls, runSubject(ref))) === null) {
      await Context.current().sleep(LOOK_EVERY_MS);
    }
  }
}

/** One that is over, or is being cancelled already, needs no word; one that does not answer is looked at no more. */
async function cancel(calls: Calls, ref: RunRef, reason: string): Promise<void> {
  try {
    await calls.update(runSubject(ref), runUpdates.cancel, { reason }, { timeoutMs: ANSWER_WITHIN_MS });
  } catch (error) {
    const isExpected = error instanceof DroverError && EXPECTED.includes(error.code);
    if (!isExpected) throw error;
  }
}

const EXPECTED: readonly string[] = ['RunNotFound', 'RuntimeStateError', 'Timeout', 'Unavailable'];
