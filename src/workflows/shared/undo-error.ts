/** Why an entry of an undo has failed. */
import { isCancellation } from '@temporalio/workflow';
import { limitReached } from '../../rules/change/compensation';
import { errorBody } from './failures';

/** The message of an entry. Only the limit of the undo cancels the effects of an undo. */
export function undoError(error: unknown): string {
  return isCancellation(error) ? limitReached() : errorBody(error).message;
}
