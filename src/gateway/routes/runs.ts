/** The calls about runs. */
import { createHash } from 'node:crypto';
import type { DroverClient } from '../../client';
import { NAME_PATTERN } from '../../contract/names';
import type { Handlers } from '../calls';

type RunCalls = 'listRuns' | 'startRun' | 'describeRun' | 'answerRun' | 'pauseRun' | 'resumeRun' | 'cancelRun';

/** Handlers over the client. */
export function runHandlers({ runs }: DroverClient): Handlers<RunCalls> {
  return {
    listRuns: ({ query: { fleet, pageSize, pageToken } }) =>
      runs.list(fleet === undefined ? {} : { fleet }, {
        ...(pageSize && { pageSize }),
        ...(pageToken && { pageToken }),
      }),
    startRun: async ({ body, idempotencyKey, reply }) => {
      const run = body.run ?? (idempotencyKey === undefined ? undefined : runName(idempotencyKey));
      const ref = await runs.start({ ...body, ...(run === undefined ? {} : { run }) });
      void reply.header('location', `/v1/runs/${ref.fleet}/${ref.run}`);
      return ref;
    },
    describeRun: ({ params }) => runs.describe(params),
    answerRun: ({ params, body, idempotencyKey }) =>
      runs.answer(params, body.value, body.question, { requestId: idempotencyKey }),
    pauseRun: ({ params, idempotencyKey }) => runs.pause(params, { requestId: idempotencyKey }),
    resumeRun: ({ params, idempotencyKey }) => runs.resume(params, { requestId: idempotencyKey }),
    cancelRun: ({ params, body, idempotencyKey }) => runs.cancel(params, body.reason, { requestId: idempotencyKey }),
  };
}

/** A run named after its key: the same key again is the same run. */
function runName(key: string): string {
  return NAME_PATTERN.test(key) ? key : `run-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}
