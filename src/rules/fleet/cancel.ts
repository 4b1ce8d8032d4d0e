/** Cancels the running change of a fleet. */
import { DroverError } from '../../contract/errors';
import type { CancelOrder, CancelRequest, ChangeView } from '../../contract/fleet';
import { findRequest, markOf } from '../lib/fingerprint';
import { namedOrigin } from '../lib/origin';
import { rememberRequest } from './change';
import { type FleetState, isChanging } from './state';

/** The fleet with the order to cancel, and the current view of the change. */
export interface DecidedCancel {
  readonly state: FleetState;
  readonly answer: ChangeView;
}

/**
 * Decides `cancel`: the running change stops and is undone, as after a failure. A second cancel
 * changes nothing. Throws `RuntimeStateError` if no change runs, and `StaleRevision` if
 * another one runs.
 */
export function decideCancel(state: FleetState, request: CancelRequest): DecidedCancel {
  const { changeId, revision, reason } = request;
  const { fleet, change } = state;
  const mark = markOf('cancel', request);
  if (change && findRequest(state.requests, mark)) return { state, answer: change.view };
  if (!change || !isChanging(state)) {
    const last = change ? ` (revision ${String(change.view.revision)} is ${change.view.state})` : '';
    throw new DroverError('RuntimeStateError', `fleet ${fleet} has no change to cancel${last}`, {
      revision: state.revision,
    });
  }
  const { view } = change;
  if ((revision ?? view.revision) !== view.revision || (changeId ?? view.changeId) !== view.changeId) {
    const meant = changeId === undefined ? `revision ${String(revision)}` : `change ${changeId}`;
    const is = `revision ${String(view.revision)} (${view.changeId})`;
    throw new DroverError(
      'StaleRevision',
      `fleet ${fleet} is at ${is}, not at ${meant}; check which change runs and cancel that one`,
      {
        revision: view.revision,
        changeId: view.changeId,
      },
    );
  }
  if (change.cancel !== undefined) return { state: rememberRequest(state, mark), answer: view };
  const cancel: CancelOrder = reason === undefined ? {} : { reason };
  const cancelGiven = namedOrigin(request);
  const cancelled = { ...change, cancel, ...(cancelGiven && { cancelGiven }) };
  return { state: rememberRequest({ ...state, change: cancelled }, mark), answer: view };
}

/** `cancelled`, with the reason if one was given. */
export function cancelText({ reason }: CancelOrder): string {
  return reason === undefined ? 'cancelled' : `cancelled: ${reason}`;
}
