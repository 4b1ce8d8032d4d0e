/** The plan of a run that was started without one: the topology and the webhooks of its fleet. */
import { isCancellation } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import type { RunInput, RunStart } from '../../contract/run';
import { planActivity } from '../activities/fleet';
import { asFailure, errorBody } from '../shared/failures';

/**
 * Asks the fleet. Fails with `FleetNotFound`, with `ChangeInProgress` while the first change of the fleet runs, with `InvalidRequest` for
 * a fleet without a topology, and with `Unavailable` or `Timeout` when the fleet does not answer.
 */
export async function withPlan(start: RunStart): Promise<RunInput> {
  try {
    const { topology, services, notify, inbox } = await planActivity().planRun({ fleet: start.fleet });
    return { ...(notify && { notify }), ...(inbox && { inbox }), ...(services && { services }), ...start, topology };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message, details } = errorBody(error);
    throw asFailure(new DroverError(code, message, details));
  }
}
