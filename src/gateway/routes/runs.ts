/** Calls for runs. */
import type { DroverClient } from '../../client';
import { mustReach, onlyFleetsOf, originOf } from '../access/caller';
import type { Handlers } from '../calls';
import type { ProgressBoard } from '../progress';

type RunCalls =
  'runTurns' | 'listRuns' | 'startRun' | 'describeRun' | 'answerRun' | 'pauseRun' | 'resumeRun' | 'cancelRun';

/** Handlers over the client; `board` adds the progress of turns, `agentSecret` opens the sealed records of turns that are over. */
export function runHandlers({ runs }: DroverClient, board: ProgressBoard, agentSecret: string): Handlers<RunCalls> {
  return {
    listRuns: ({ query: { fleet, state, pageSize, pageToken }, request }) =>
      runs.list(
        { ...(fleet && { fleet }), ...(state && { state }), ...onlyFleetsOf(request) },
        { ...(pageSize && { pageSize }), ...(pageToken && { pageToken }) },
      ),
    startRun: async ({ body, idempotencyKey, request, reply }) => {
      request.commandId = idempotencyKey ?? null;
      request.about = { fleet: body.fleet };
      mustReach(request.caller, body.fleet);
      const origin = { by: request.caller?.name ?? '', from: request.ip };
      const ref = await runs.start({ ...body, ...origin, ...(idempotencyKey && { requestId: idempotencyKey }) });
      request.about = ref;
      void reply.header('location', `/v1/runs/${ref.fleet}/${ref.run}`);
      return ref;
    },
    describeRun: async ({ params }) => board.withProgress(await runs.describe(params)),
    runTurns: ({ params }) => runs.turns(params, agentSecret),
    answerRun: ({ params, body, idempotencyKey, request }) =>
      runs.answer(params, body.value, body.question, originOf(request, idempotencyKey)),
    pauseRun: ({ params, idempotencyKey, request }) => runs.pause(params, originOf(request, idempotencyKey)),
    resumeRun: ({ params, idempotencyKey, request }) => runs.resume(params, originOf(request, idempotencyKey)),
    cancelRun: ({ params, body, idempotencyKey, request }) =>
      runs.cancel(params, body.reason, originOf(request, idempotencyKey)),
  };
}
