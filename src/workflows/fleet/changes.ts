/** Carries the fleet's change out: places it, runs its saga as a child, and undoes by keys what a lost saga left. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { ProvisionInput, ProvisionWorkflow } from '../../contract/fleet';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../contract/names';
import { keywords } from '../../contract/search-attributes';
import { abandonChange, placeChange, settleChange } from '../../rules/fleet/change';
import { cancelText } from '../../rules/fleet/cancel';
import { duePools } from '../../rules/fleet/pools';
import type { FleetState } from '../../rules/fleet/state';
import { undoByKeys } from '../../rules/fleet/undo';
import { cancelRunsActivity, fleetActivities } from '../activities';
import { endOf } from './cancel';
import type { FleetMachine } from './machine';
import { isoNow } from '../shared/iso-now';
import { errorBody } from '../shared/failures';
import { tellHolds } from '../shared/holds';
import { untilOr } from '../shared/until';

/** Goes from step to step until the change has ended. Never throws: what fails is tried again, or is the end of the change. */
export async function carryOutChange(machine: FleetMachine): Promise<void> {
  for (;;) {
    const { state } = machine;
    const { change } = state;
    if (change?.step === 'place') await place(machine);
    else if (change?.step === 'provision' && change.input) await runSaga(machine, change.input);
    else if (change?.step === 'undo' && change.input && change.record) {
      await runSaga(machine, { ...change.input, undo: change.record });
    } else break;
  }
  machine.supervisor.attempt('mark the end of the change', () => {
    machine.mark();
  });
}

/** A pool answers in milliseconds, after a restart of its worker within seconds; one that does not keeps no change from beginning. */
const POOLS_TOLD_WITHIN_MS = 60_000;

/** The pools are told first: an agent that starts asks its pool for a credential. */
async function place(machine: FleetMachine): Promise<void> {
  const isReady = () => duePools(machine.state) === null || machine.state.change?.cancel !== undefined;
  await machine.supervisor.persist('place the change', async () => {
    await untilOr(isReady, POOLS_TOLD_WITHIN_MS, 'tell the pools');
    const { cancel } = machine.state.change ?? {};
    if (cancel) {
      machine.become(abandonChange(machine.state, cancelText(cancel)));
      return;
    }
    if (machine.state.change?.kind === 'destroy') await endRuns(machine.state);
    const place = await fleetActivities('place the change').place();
    machine.become(placeChange(machine.state, place));
  });
}

/** A run of a fleet that is destroyed has no agents to take its turns, and its question would stay open. */
async function endRuns({ fleet }: FleetState): Promise<void> {
  const call = { fleet, reason: `fleet ${fleet} is destroyed` };
  // What is left of a run that cannot be cancelled ends with its agents.
  await cancelRunsActivity()
    .cancelRuns(call)
    .catch((error: unknown) => {
      log.warn('the runs of a fleet that is destroyed were not cancelled', { fleet, error: errorBody(error).message });
    });
}

/** What a saga that ended makes of the fleet is a step of its own: tried again alone, it does not run the saga twice. */
async function runSaga(machine: FleetMachine, input: ProvisionInput): Promise<void> {
  const end = await endOfSaga(machine, input);
  await machine.supervisor.persist('settle the change', async () => {
    machine.become(end(machine.state));
  });
}

/** Runs the saga; how it ended, as what that makes of the fleet. */
async function endOfSaga(machine: FleetMachine, input: ProvisionInput): Promise<(state: FleetState) => FleetState> {
  try {
    const saga = await startSaga(input);
    machine.tellChange = (holds) => tellHolds(saga, holds, machine.supervisor);
    // A pause that came while it started.
    if (!input.undo && machine.state.holds !== input.holds) await machine.tellChange(machine.state.holds);
    const result = await endOf(machine, saga, input);
    // Once more for those that began a moment before, which a list does not show at once: their agents are gone.
    if (machine.state.change?.kind === 'destroy' && result.change.state === 'done') await endRuns(machine.state);
    return (state) => settleChange(state, result);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      const what = `an earlier change of this name is still being undone (${error.workflowId})`;
      return (state) => abandonChange(state, `${what}; apply again when it has ended`);
    }
    const { cancel } = machine.state.change ?? {};
    const what = `the workflow of the change ended without finishing it (${errorBody(error).message})`;
    const why = cancel ? `${cancelText(cancel)}; ${what}` : what;
    const at = isoNow();
    return (state) => undoByKeys(state, why, at);
  } finally {
    machine.tellChange = null;
  }
}

/** A fleet that ends in the middle of a change asks the saga to take everything back; it is never left alone with it. */
function startSaga(input: ProvisionInput): Promise<ChildWorkflowHandle<ProvisionWorkflow>> {
  const { fleet, revision, undo } = input;
  const what = undo ? `undo, attempt ${String(undo.attempt)}` : `${String(input.changes.length)} changes`;
  return startChild<ProvisionWorkflow>(PROVISION_WORKFLOW, {
    workflowId: provisionWorkflowId(fleet, revision),
    args: [input],
    typedSearchAttributes: keywords({ DroverFleet: fleet }),
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: `${fleet} revision ${String(revision)}: ${what}`,
  });
}
