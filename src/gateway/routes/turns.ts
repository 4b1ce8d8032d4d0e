/** Calls of agents about their turns. */
import type { Handlers } from '../calls';
import type { ProgressBoard } from '../progress';

/** Handlers over the gateway's memory. */
export function turnHandlers(board: ProgressBoard): Handlers<'reportProgress'> {
  return {
    reportProgress: ({ params: { turnId, ...ref }, body }) => {
      board.report(ref, turnId, body);
      return {};
    },
  };
}
