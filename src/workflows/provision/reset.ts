/**
 * Keeps a change that was reset after its end from touching what the fleet owns by the same keys: every step of a reset run first asks
 * the fleet whether the change is over (docs/operations.md, "provision, reset").
 */
import { patched, workflowInfo } from '@temporalio/workflow';
import { isOver, recordOver } from '../../rules/change/run';
import { fleetActivities } from '../activities/fleet';
import type { Saga } from './saga';

/** Marks in a history that the steps of this run ask the fleet. The steps before the point of the reset did not. */
const ASKS_THE_FLEET = 'reset-asks-the-fleet';

/**
 * Returns whether the change is over, so that nothing may be done for it. Asks only in a run that a reset has begun: a change
 * has one run otherwise. Waits until the fleet answers.
 */
export async function isEndedBefore(saga: Saga): Promise<boolean> {
  if (!asksTheFleet()) return false;
  if (isOver(saga.run)) return true;
  const { fleet, incarnation, revision } = saga.input;
  const what = 'ask the fleet whether this change is over';
  const ask = () => fleetActivities(what).askChange({ fleet, incarnation, revision });
  const { over } = await saga.supervisor.persist(what, ask);
  if (over) saga.run = recordOver(saga.run);
  return over;
}

/**
 * A replay follows the history, which has the mark from the first step after the reset on. It cannot compare the ids: a replay of a
 * downloaded history has the id of the first run.
 */
function asksTheFleet(): boolean {
  const { runId, firstExecutionRunId, unsafe } = workflowInfo();
  return (unsafe.isReplaying || runId !== firstExecutionRunId) && patched(ASKS_THE_FLEET);
}
