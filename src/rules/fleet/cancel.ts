/** What a fleet decides about cancelling the change that runs. */
import { DroverError } from '../../contract/errors';
import type { CancelOrder, CancelRequest, ChangeView } from '../../contract/fleet';
import { earlier, markOf } from '../lib/fingerprint';
import { remembered } from './change';
import { type FleetState, isChanging } from './state';

/** The fleet with the order, and the change as it is at that moment. */
export interface DecidedCancel {
  readonly state: FleetState;
  readonly answer: ChangeView;
}

/**
 * Decides `cancel`: the change that runs stops and is taken back, as after a failure. Throws `RuntimeStateError` where none runs, and
 * `StaleRevision` where another one than is meant does. A change that is being cancelled already is so again.
 */
export function decideCancel(state: FleetState, request: CancelRequest): DecidedCancel {
  const { changeId, revision, reason } = request;
  const { fleet, change } = state;
  const mark = markOf('cancel', request);
  if (change && earlier(state.requests, mark)) return { state, answer: change.view };
  if (!change || !isChanging(state)) {
    const last = change ? ` (revision ${String(change.view.revision)} is ${change.view.state})` : '';
    throw new DroverError('RuntimeStateError', `fleet ${fleet} has no change that could be cancelled${last}`, {
      revision: state.revision,
    });
  }
  const { view } = change;
  if ((revision ?? view.revision) !== view.revision || (changeId ?? view.changeId) !== view.changeId) {
    const meant = changeId === undefined ? `revision ${String(revision)}` : `change ${changeId}`;
    const is = `revision ${String(view.revision)} (${view.changeId})`;
    throw new DroverError(
      'StaleRevision',
      `fleet ${fleet} is at ${is}, not at ${meant}; look at what runs and cancel that`,
      {
        revision: view.revision,
        changeId: view.changeId,
      },
    );
  }
  const cancel: CancelOrder = change.cancel ?? (reason === undefined ? {} : { reason });
  return { state: remembered({ ...state, change: { ...change, cancel } }, mark), answer: view };
}

/** `cancelled`, with the reason where one was given. */
export function cancelText({ reason }: CancelOrder): string {
  return reason === undefined ? 'cancelled' : `cancelled: ${reason}`;
}
