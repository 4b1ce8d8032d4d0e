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

/** Registers every signal and the query. */
export function handleBranchMessages(life: BranchLife, parts: BranchParts): void {
  const { turns, questions, family } = parts;
  setHandler(describeBranch, () => viewOf(parts), { description: 'The branch as it is now' });
  receive(branchSignals.turnAnswered, parseTurnAnswered, (message) => {
    turns.answered(message);
  });
  receive(branchSignals.turnSuspended, parseTurnRef, ({ turnId }) => {
    turns.suspended(turnId, true);
  });
  receive(branchSignals.turnResumed, parseTurnRef, ({ turnId }) => {
    turns.suspended(turnId, false);
  });
  receive(branchSignals.answerGiven, parseAnswerGiven, (message) => {
    questions.answered(message);
  });
  receive(branchSignals.stopRequested, parseStopRequested, ({ kind, reason }) => {
    if (kind === 'cancel') {
      life.stop.stop(reason ?? 'cancelled');
    } else {
      life.paused = kind === 'pause';
      family.tell({ kind });
    }
    showCard(parts);
  });
  ignoreUnknownMessages(() => undefined);
  showCard(parts);
}

/** Brings the card in Temporal's Web UI up to date. */
export function showCard(parts: BranchParts): void {
  setCurrentDetails(parts.watch.card(viewOf(parts)));
}

function viewOf({ turns, questions, family, watch }: BranchParts): BranchView {
  const running = family.open();
  const alone = turns.isWaiting() ? 'turn' : questions.isWaiting() ? 'human' : null;
  return watch.view(alone ?? (running > 0 ? 'barrier' : null), running);
}
