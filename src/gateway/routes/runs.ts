/** Calls for runs. */
import type { DroverClient } from '../../client';
import { mustReach, onlyFleetsOf } from '../caller';
import type { Handlers } from '../calls';
import type { ProgressBoard } from '../progress';

type RunCalls = 'listRuns' | 'startRun' | 'describeRun' | 'answerRun' | 'pauseRun' | 'resumeRun' | 'cancelRun';

/** Handlers over the client; `board` adds the progress of turns. */
export function runHandlers({ runs }: DroverClient, board: ProgressBoard): Handlers<RunCalls> {
  return {
    listRuns: ({ query: { fleet, state, pageSize, pageToken }, request }) =>
      runs.list(
        { ...(fleet && { fleet }), ...(state && { state }), ...onlyFleetsOf(request) },
        { ...(pageSize && { pageSize }), ...(pageToken && { pageToken }) },
      ),
    startRun: async ({ body, idempotencyKey, request, reply }) => {
      mustReach(request.caller, body.fleet);
      const ref = await runs.start(idempotencyKey === undefined ? body : { ...body, requestId: idempotencyKey });
      void reply.header('location', `/v1/runs/${ref.fleet}/${ref.run}`);
      return ref;
    },
    describeRun: async ({ params }) => board.withProgress(await runs.describe(params)),
    answerRun: ({ params, body, idempotencyKey }) =>
      runs.answer(params, body.value, body.question, { requestId: idempotencyKey }),
    pauseRun: ({ params, idempotencyKey }) => runs.pause(params, { requestId: idempotencyKey }),
    resumeRun: ({ params, idempotencyKey }) => runs.resume(params, { requestId: idempotencyKey }),
    cancelRun: ({ params, body, idempotencyKey }) => runs.cancel(params, body.reason, { requestId: idempotencyKey }),
  };
}
