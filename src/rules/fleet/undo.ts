/** What a fleet does about a change that must be undone: by the keys it has kept, and again when an operator asks. */
import type { CompensationRecord } from '../../contract/fleet/compensation';
import { DroverError } from '../../contract/errors';
import type { CompensateRequest, ProvisionInput, ProvisionResult } from '../../contract/fleet';
import { beginChange, changeResult, endChange, recordLeftOver, stopped } from '../change/run';
import { finishAttempt, intend, planCompensation, transition } from '../change/compensation';
import { earlier, markOf } from '../lib/fingerprint';
import { refuseWhileChanging, remembered, settleChange, withChange } from './change';
import { type FleetChange, type FleetState } from './state';

/** How often the fleet itself begins a compensation whose workflow ends without telling; after that an operator must. */
const OWN_ATTEMPTS = 3;

/**
 * The saga ended without telling (terminated, failed): every create that it may have made is undone by its key. When the undo ends
 * that way too, it is begun again a few times. `at` in ISO 8601.
 */
export function undoByKeys(state: FleetState, why: string, at: string): FleetState {
  const { change } = state;
  if (!change?.input) return state;
  if (change.step !== 'undo' || !change.record) return begin(state, change, undoLog(change.input, at), 1, why, at);
  const failed = finishAttempt(change.record, at).record;
  if (failed.attempt < OWN_ATTEMPTS) return begin(state, change, failed, failed.attempt + 1, why, at);
  return settleChange(state, leftOver(change.input, failed, why, at));
}

function undoLog(input: ProvisionInput, at: string): CompensationRecord {
  const { changeId: id, fleet, revision, changes } = input;
  return changes.reduce((record, { agent, key, spec }) => {
    return key === null || spec === null ? record : intend(record, { kind: spec.provider, name: agent, key }, at);
  }, planCompensation({ id, fleet, revision, at }));
}

function begin(
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

/** Nothing more is tried by itself: the fleet goes on owning whatever may be there. */
function leftOver(input: ProvisionInput, record: CompensationRecord, why: string, at: string): ProvisionResult {
  const run = stopped({ ...beginChange(input, at), record }, { why: 'failed', message: why });
  const entries = record.entries.filter(({ outcome }) => outcome === 'pending' || outcome === 'failed');
  return changeResult(
    endChange(entries.reduce((left, entry) => recordLeftOver(left, entry.name, entry, `not undone: ${why}`), run)),
  );
}

/**
 * Decides `compensate`: a failed compensation is tried again with a higher attempt, and one that was kept is begun; the next attempt
 * of the latest change unless given. Throws what the planner's guards say.
 */
export function decideCompensate(state: FleetState, request: CompensateRequest, at: string): FleetState {
  const mark = markOf('compensate', request);
  if (earlier(state.requests, mark)) return state;
  refuseWhileChanging(state);
  const { change, fleet } = state;
  if (!change?.record || !change.input) {
    throw new DroverError('CompensationStateError', `fleet ${fleet} has nothing to compensate`, {
      revision: state.revision,
    });
  }
  const why = 'asked for by an operator';
  const { attempt = change.record.attempt + 1, revision } = request;
  return remembered(begin(state, change, change.record, attempt, why, at, revision), mark);
}
