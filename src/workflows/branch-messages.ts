/** Everything that a branch can be told or asked. */
import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import { branchSignals, describeBranch } from '../contract/messages';
import type { BranchView } from '../contract/runs';
import { parseTurnRef } from '../rules/agent-messages';
import { parseAnswerGiven, parseStopRequested, parseTurnAnswered } from '../rules/run-messages';
import type { Family } from './branch-family';
import type { BranchLife } from './branch-life';
import type { BranchQuestions } from './branch-questions';
import type { BranchTurns } from './branch-turns';
import type { BranchWatch } from './branch-watch';
import { receive } from './shared/receive';
import { ignoreUnknownMessages } from './shared/unknown-messages';

/** The parts of a branch that hear of messages. */
export interface BranchParts {
  readonly turns: BranchTurns;
  readonly questions: BranchQuestions;
  readonly family: Family;
  readonly watch: BranchWatch;
}

/** Registers every signal and the query. What cannot be read is in the history, and changes nothing. */
export function handleBranchMessages(life: BranchLife, { turns, questions, family, watch }: BranchParts): void {
  const ignore = (): void => undefined;
  const view = (): BranchView => {
    const running = family.open();
    const alone = turns.isWaiting() ? 'turn' : questions.isWaiting() ? 'human' : null;
    return watch.view(alone ?? (running > 0 ? 'barrier' : null), running);
  };
  setHandler(describeBranch, () => view(), { description: 'The branch as it is now' });
  receive(branchSignals.turnAnswered, parseTurnAnswered, turns.answered, ignore);
  receive(
    branchSignals.turnSuspended,
    parseTurnRef,
    ({ turnId }) => {
      turns.suspended(turnId, true);
    },
    ignore,
  );
  receive(
    branchSignals.turnResumed,
    parseTurnRef,
    ({ turnId }) => {
      turns.suspended(turnId, false);
    },
    ignore,
  );
  receive(branchSignals.answerGiven, parseAnswerGiven, questions.answered, ignore);
  receive(
    branchSignals.stopRequested,
    parseStopRequested,
    (stop) => {
      if (stop.kind === 'cancel') return life.stop.stop(stop.reason ?? 'cancelled');
      life.paused = stop.kind === 'pause';
      family.tell({ kind: stop.kind });
    },
    ignore,
  );
  ignoreUnknownMessages(ignore);
  setCurrentDetails(watch.card(view()));
}
