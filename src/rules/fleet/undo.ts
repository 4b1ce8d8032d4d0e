/** Undoes a change by its keys, after its saga was lost or when an operator asks. */
import type { CompensationRecord } from '../../contract/fleet/compensation';
import { DroverError } from '../../contract/errors';
import type { CompensateRequest, ProvisionInput, ProvisionResult } from '../../contract/fleet';
import { beginChange, endChange, recordLeftOver, stopChange } from '../change/run';
import { changeResult } from '../change/view';
import { finishAttempt, intend, planCompensation, transition } from '../change/compensation';
import { findRequest, markOf } from '../lib/fingerprint';
import { byField } from '../lib/origin';
import { refuseWhileChanging, rememberRequest, withChange } from './change';
import { withCommand } from './log';
import { settleChange } from './settle';
import { type FleetChange, type FleetState } from './state';

/**
 * How often the fleet repeats a compensation that ended without a result; after that an operator must.
 */
const OWN_ATTEMPTS = 3;

/**
 * The saga ended without a result (terminated or failed): the fleet undoes every create by its key.
 * If that undo also ends without a result, it begins again up to `OWN_ATTEMPTS` times. `at` is in
 * ISO 8601.
 */
export function undoByKeys(state: FleetState, why: string, at: string): FleetState {
  const { change } = state;
  if (!change?.input) return state;
  if (change.step !== 'undo' || !change.record) return beginUndo(state, change, undoLog(change.input, at), 1, why, at);
  const failed = finishAttempt(change.record, at).record;
  if (failed.attempt < OWN_ATTEMPTS) return beginUndo(state, change, failed, failed.attempt + 1, why, at);
  return settleChange(state, keepLeftovers(change.input, failed, why, at));
}

function undoLog(input: ProvisionInput, at: string): CompensationRecord {
  const { changeId: id, fleet, revision, changes } = input;
  return changes.reduce((record, { agent, key, spec }) => {
    return key === null || spec === null ? record : intend(record, { kind: spec.provider, name: agent, key }, at);
  }, planCompensation({ id, fleet, revision, at }));
}

function beginUndo(
  state: FleetState,
  change: FleetChange,
  record: CompensationRecord,
  attempt: number,
  why: string,
  at: string,
  revision = change.view.revision,
): FleetState {
  const begun = transition(record, { to: 'compensating', attempt, revision, at, why });
  if (begun.refused) throw begun.refused;
  const { state: is, entries, audit, metrics } = begun.record;
  const view = {
    ...change.view,
    state: 'running' as const,
    compensation: { state: is, attempt, entries, audit, metrics },
    error: why,
  };
  return withChange(state, { ...change, step: 'undo', record: begun.record, view });
}

/** Ends the undo: the fleet still owns everything that may exist. */
function keepLeftovers(input: ProvisionInput, record: CompensationRecord, why: string, at: string): ProvisionResult {
  const run = stopChange({ ...beginChange(input, at), record }, { why: 'failed', message: why });
  const entries = record.entries.filter(({ outcome }) => outcome === 'pending' || outcome === 'failed');
  return changeResult(
    endChange(entries.reduce((left, entry) => recordLeftOver(left, entry.name, entry, `not undone: ${why}`), run)),
  );
}

/**
 * Decides `compensate`: begins the next attempt of a failed compensation, or the first one of a
 * kept change. Without an `attempt`, it is the next one. Throws the refusals of `transition`.
 */
export function decideCompensate(state: FleetState, request: CompensateRequest, at: string): FleetState {
  const mark = markOf('compensate', request);
  if (findRequest(state.requests, mark)) return state;
  refuseWhileChanging(state);
  const { change, fleet } = state;
  if (!change?.record || !change.input) {
    throw new DroverError('CompensationStateError', `fleet ${fleet} has nothing to compensate`, {
      revision: state.revision,
    });
  }
  const why = 'requested by an operator';
  const { attempt = change.record.attempt + 1, revision } = request;
  const begun = rememberRequest(beginUndo(state, change, change.record, attempt, why, at, revision), mark);
  const { changeId, revision: of } = change.view;
  const data = { fleet, revision: of, changeId, attempt, ...byField(request) };
  return withCommand(begun, { type: 'change.compensating', data }, at);
}
