/** A branch's questions to the human. The run asks them, one at a time. */
import { condition, uuid4 } from '@temporalio/workflow';
import { runSignals } from '../../contract/run/messages';
import { runWorkflowId } from '../../contract/names';
import type { AnswerGiven } from '../../contract/run';
import { type Answer, type Question, Stopped } from '../../rules/coordination/effects';
import { durationMs, formatDuration } from '../../rules/lib/duration';
import type { BranchLife } from './life';

/** A waiting branch repeats its question (docs/workflow-rules.md, rule 2). A human may take days, so the pause doubles. */
const ASK_AGAIN_MS = 120_000;
const ASK_AGAIN_MOST_MS = 6 * 3_600_000;

/** The questions of one branch. */
export interface BranchQuestions {
  /** Waits for the answer. Throws `Stopped` after it has withdrawn the question. */
  ask(question: Question): Promise<Answer>;
  answered(message: AnswerGiven): void;
  isWaiting(): boolean;
}

/** Create one per branch. A branch has one open question at most. */
export function createQuestions(life: BranchLife): BranchQuestions {
  let open: { readonly questionId: string; answer: Answer | null } | null = null;

  const answer = (): Answer | null => open?.answer ?? null;
  const isStopped = (): boolean => life.stop.reason() !== null;

  return {
    async ask({ branch, agent, question, timeoutMs, ...rest }) {
      const questionId = uuid4();
      const run = runWorkflowId(life.context.fleet, life.context.run);
      const timeout = timeoutMs === null ? {} : { timeout: written(timeoutMs) };
      open = { questionId, answer: null };
      try {
        for (let again = ASK_AGAIN_MS; !isStopped(); again = Math.min(2 * again, ASK_AGAIN_MOST_MS)) {
          const message = { questionId, branch, agent, question, ...timeout, ...rest };
          const delivery = await life.outbox.send(run, runSignals.questionAsked, message);
          if (delivery === 'gone' && answer() === null) return { error: 'the workflow of the run is gone' };
          await condition(() => answer() !== null || isStopped(), again, {
            summary: 'wait for the answer of the human',
          });
          const given = answer();
          if (given !== null) return given;
        }
        life.outbox.tell(run, runSignals.questionWithdrawn, { questionId });
        throw new Stopped(life.stop.reason() ?? '');
      } finally {
        open = null;
      }
    },
    answered(message) {
      if (open?.questionId !== message.questionId || open.answer !== null) return;
      open.answer = answerIn(message);
    },
    isWaiting: () => open !== null,
  };
}

/** Formats a duration that the parser accepts: it takes nine digits at most, so long ones are rounded up to seconds. */
function written(ms: number): string {
  const exact = formatDuration(ms);
  return durationMs(exact) === undefined ? formatDuration(Math.ceil(ms / 1_000) * 1_000) : exact;
}

function answerIn(message: AnswerGiven): Answer {
  if ('timedOut' in message) return 'timed_out';
  return 'error' in message ? { error: message.error } : { value: message.value };
}
