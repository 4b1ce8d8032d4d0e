/** The calls about runs. */
import { z } from 'zod';
import { name, reason, strict } from '../fields';
import { scriptSchema } from '../scenario';
import * as views from '../views';
import type { Call } from './call';
import { paging } from './parts';

const ofRun = strict({ fleet: name, run: name });

/** Runs, their turns and their commands. */
export const runCalls = {
  listRuns: {
    method: 'GET',
    path: '/v1/runs',
    summary: 'Runs, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'filtered',
    query: strict({
      fleet: name.exactOptional(),
      state: views.runListItemSchema.shape.state.exactOptional(),
      ...paging,
    }),
    answer: views.page(views.runListItemSchema),
  },
  startRun: {
    method: 'POST',
    path: '/v1/runs',
    summary: "Take a task through the fleet's topology",
    access: 'operator',
    scope: 'checked',
    body: strict({
      fleet: name,
      run: name.exactOptional(),
      task: z.unknown(),
      script: scriptSchema.exactOptional(),
      trace: z.boolean().exactOptional(),
    }),
    keyed: true,
    answer: z.object({ fleet: z.string(), run: z.string() }),
    statuses: [202],
  },
  describeRun: {
    method: 'GET',
    path: '/v1/runs/{fleet}/{run}',
    summary: 'One run with its branches, its open question and, at its end, its result',
    access: 'viewer',
    params: ofRun,
    answer: views.runViewSchema,
  },
  runTurns: {
    method: 'GET',
    path: '/v1/runs/{fleet}/{run}/turns',
    summary: 'The turns of a run that are over, from the workers that took them: input, reply, time and usage of each',
    access: 'operator',
    params: ofRun,
    answer: views.runTurnsSchema,
  },
  answerRun: {
    method: 'POST',
    path: '/v1/runs/{fleet}/{run}/answer',
    summary: "Answer the run's open question",
    access: 'operator',
    params: ofRun,
    body: strict({ value: z.unknown(), question: z.unknown().exactOptional() }),
    keyed: true,
    answer: views.runViewSchema,
  },
  pauseRun: runCommand('pause', 'Stop the run at its next turn boundaries'),
  resumeRun: runCommand('resume', 'Let it go on'),
  cancelRun: {
    ...runCommand('cancel', 'End it at its next turn boundaries'),
    body: strict({ reason: reason.exactOptional() }),
  },
} as const satisfies Record<string, Call>;

function runCommand<V extends 'pause' | 'resume' | 'cancel'>(verb: V, summary: string) {
  return {
    method: 'POST',
    path: `/v1/runs/{fleet}/{run}/${verb}`,
    summary,
    access: 'operator',
    params: ofRun,
    body: strict({}),
    bodyOptional: true,
    keyed: true,
    answer: views.runViewSchema,
  } as const;
}
