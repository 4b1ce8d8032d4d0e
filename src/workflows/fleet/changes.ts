/** Executes the fleet's change: places it, runs its saga as a child workflow, and undoes a lost saga by its keys. */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { type ChildWorkflowHandle, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { ProvisionInput, ProvisionWorkflow } from '../../contract/fleet';
import { PROVISION_WORKFLOW, provisionWorkflowId } from '../../contract/names';
import { keywords } from '../../contract/search-attributes';
import { abandonChange, placeChange, settleChange } from '../../rules/fleet/settle';
import { cancelText } from '../../rules/fleet/cancel';
import { duePools } from '../../rules/fleet/pools';
import { settlePreflight } from '../../rules/fleet/preflight';
import type { FleetState } from '../../rules/fleet/state';
import { undoByKeys } from '../../rules/fleet/undo';
import { cancelRunsActivity, fleetActivities } from '../activities/fleet';
import { endOf } from './cancel';
import type { FleetMachine } from './machine';
import { preflight } from './preflight';
import { isoNow } from '../shared/iso-now';
import { errorBody } from '../shared/failures';
import { countChange } from '../shared/metrics';
import { tellHolds } from '../shared/holds';
import { untilOr } from '../shared/until';

/** Goes from step to step until the change has ended. Never throws: a failure is retried, or ends the change. */
export async function carryOutChange(machine: FleetMachine): Promise<void> {
  for (;;) {
    const { state } = machine;
    const { change } = state;
    if (change?.step === 'place') await place(machine);
    else if (change?.step === 'check') await check(machine);
    else if (change?.step === 'provision' && change.input) await runSaga(machine, change.input);
    else if (change?.step === 'undo' && change.input && change.record) {
      await runSaga(machine, { ...change.input, undo: change.record });
    } else break;
  }
  machine.supervisor.attempt('mark the end of the change', () => {
    machine.mark();
    countChange(machine.state.fleet, machine.state.change?.view.state ?? 'unknown');
  });
}

/** A pool answers in milliseconds, or in seconds after a restart of its worker. A pool that does not answer must not block the change. */
const POOLS_TOLD_WITHIN_MS = 60_000;

/** Gives the change its host and its keys. */
async function place(machine: FleetMachine): Promise<void> {
  await machine.supervisor.persist('place the change', async () => {
    if (abandonCancelled(machine)) return;
    if (machine.state.change?.kind === 'destroy') await endRuns(machine.state);
    const place = await fleetActivities('place the change').place();
    machine.become(placeChange(machine.state, place));
  });
}

/**
 * Checks that the workers have what the new agents need, before any pool or agent is touched. Then waits until the pools are configured,
 * because a new agent requests a credential from its pool.
 */
async function check(machine: FleetMachine): Promise<void> {
  await machine.supervisor.persist('check the agents of the change', async () => {
    const findings = await preflight(machine);
    if (abandonCancelled(machine)) return;
    machine.become(settlePreflight(machine.state, findings));
  });
  const isReady = () => duePools(machine.state) === null || machine.state.change?.cancel !== undefined;
  await machine.supervisor.persist('wait for the pools', async () => {
    await untilOr(isReady, POOLS_TOLD_WITHIN_MS, 'wait until the pools are configured');
    if (machine.state.change?.step === 'provision') abandonCancelled(machine);
  });
}

/** Ends a change that was cancelled before its saga; nothing was made. */
function abandonCancelled(machine: FleetMachine): boolean {
  const { cancel } = machine.state.change ?? {};
  if (cancel) machine.become(abandonChange(machine.state, cancelText(cancel)));
  return cancel !== undefined;
}

/** Cancels the runs of a fleet that is destroyed: no agent could take their turns, and their questions would stay open. */
async function endRuns({ fleet }: FleetState): Promise<void> {
  const call = { fleet, reason: `fleet ${fleet} is destroyed` };
  // A run that cannot be cancelled fails when its agents are gone.
  await cancelRunsActivity()
    .cancelRuns(call)
    .catch((error: unknown) => {
      log.warn('the runs of a fleet that is destroyed were not cancelled', { fleet, error: errorBody(error).message });
    });
}

/** Settles the fleet's state in a step of its own, so that a retry of that step does not run the saga twice. */
async function runSaga(machine: FleetMachine, input: ProvisionInput): Promise<void> {
  const end = await endOfSaga(machine, input);
  await machine.supervisor.persist('settle the change', async () => {
    machine.become(end(machine.state));
  });
}

/** Runs the saga, and returns the change of the fleet's state that follows from its end. */
async function endOfSaga(machine: FleetMachine, input: ProvisionInput): Promise<(state: FleetState) => FleetState> {
  try {
    const saga = await startSaga(input);
    machine.tellChange = (holds) => tellHolds(saga, holds, machine.supervisor);
    // The holds may have changed while the saga started.
    if (!input.undo && machine.state.holds !== input.holds) await machine.tellChange(machine.state.holds);
    const result = await endOf(machine, saga, input);
    // Cancels again, because visibility does not show the youngest runs immediately, and their agents are gone.
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

/** Starts the saga. If the fleet ends during a change, its parent close policy makes the saga undo everything. */
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
