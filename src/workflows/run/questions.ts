/** The questions of a run to the human, one open at a time (docs/workflow-rules.md, rule 14). */
import { branchSignals, runSignals } from '../../contract/run/messages';
import { branchWorkflowId } from '../../contract/names';
import type { AnswerGiven, QuestionAsked } from '../../contract/run';
import type { Answer } from '../../rules/coordination/effects';
import { durationMs } from '../../rules/lib/duration';
import { parseQuestionAsked, parseQuestionRef } from '../../rules/run/messages';
import type { RunLife } from './life';

/** Receives questions from branches and sends the answers back. */
export function handleQuestions(life: RunLife): void {
  const { fleet, run } = life.input;
  const name = `${fleet}/${run}`;
  const open = new Map<string, () => void>();
  const numbers = new Map<string, number>();

  // A script may have answered at once.
  const isOpen = (branch: string): boolean => life.human.waiting().some(({ question }) => question.branch === branch);

  function ask({ questionId, branch, agent, question, timeout, ...rest }: QuestionAsked): void {
    if (open.has(questionId)) return;
    const timeoutMs = timeout === undefined ? null : (durationMs(timeout) ?? null);
    const withdraw = life.human.ask({ branch, agent, question, timeoutMs, ...rest }, (answer) => {
      const target = branchWorkflowId(fleet, run, branch);
      life.outbox.tell(target, branchSignals.answerGiven, given(questionId, answer));
      if (typeof answer === 'object' && 'value' in answer) {
        life.tell({ type: 'run.answered', data: { run: name, branch } });
      }
    });
    open.set(questionId, withdraw);
    const asked = life.human.waiting().at(-1);
    if (asked?.question.branch === branch) numbers.set(questionId, asked.number);
    // The question itself may be confidential, so the event does not hold it.
    if (isOpen(branch)) life.tell({ type: 'run.asked', data: { run: name, agent, branch } });
  }
  life.receive(runSignals.questionAsked, parseQuestionAsked, (message) => {
    ask(message);
    life.changed();
  });
  life.receive(runSignals.questionWithdrawn, parseQuestionRef, ({ questionId }) => {
    const number = numbers.get(questionId);
    const waits = life.human.waiting().some((asked) => asked.number === number);
    if (number !== undefined && waits) life.items.end(number, 'withdrawn');
    open.get(questionId)?.();
    // Ignores the question if it arrives after its withdrawal.
    open.set(questionId, () => undefined);
    life.changed();
  });
}

function given(questionId: string, answer: Answer): AnswerGiven {
  return answer === 'timed_out' ? { questionId, timedOut: true } : { questionId, ...answer };
}
