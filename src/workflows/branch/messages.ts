/** The signals and the query of a branch. */
import { setCurrentDetails, setHandler } from '@temporalio/workflow';
import { branchSignals, describeBranch } from '../../contract/run/messages';
import type { BranchView } from '../../contract/run';
import { parseTurnRef, parseTurnSuspended } from '../../rules/agent/messages';
import { parseAnswerGiven, parseStopRequested, parseTurnAnswered } from '../../rules/run/messages';
import { addIgnored, ignoredLines, troubleLines, troublesOf } from '../../rules/lib/troubles';
import type { Family } from './family';
import type { BranchLife } from './life';
import type { BranchQuestions } from './questions';
import type { BranchTurns } from './turns';
import type { BranchWatch } from './watch';
import { type Ignore, receive } from '../shared/messages/receive';
import { isoNow } from '../shared/iso-now';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';

/** The parts of a branch that handle messages. */
export interface BranchParts {
  readonly life: BranchLife;
  readonly turns: BranchTurns;
  readonly questions: BranchQuestions;
  readonly family: Family;
  readonly watch: BranchWatch;
}

/** Registers every signal and the query. */
export function handleBranchMessages(life: BranchLife, parts: BranchParts): void {
  const { turns, questions, family } = parts;
  const ignore: Ignore = (what, why) => {
    life.ignored = addIgnored(life.ignored, what, why, isoNow());
    showCard(parts);
  };
  setHandler(describeBranch, () => viewOf(parts), { description: 'Returns the current state of the branch' });
  receive(
    branchSignals.turnAnswered,
    parseTurnAnswered,
    (message) => {
      turns.answered(message);
    },
    ignore,
  );
  receive(
    branchSignals.turnSuspended,
    parseTurnSuspended,
    ({ turnId, why }) => {
      turns.suspended(turnId, { why });
    },
    ignore,
  );
  receive(
    branchSignals.turnResumed,
    parseTurnRef,
    ({ turnId }) => {
      turns.suspended(turnId, null);
    },
    ignore,
  );
  receive(
    branchSignals.answerGiven,
    parseAnswerGiven,
    (message) => {
      questions.answered(message);
    },
    ignore,
  );
  receive(
    branchSignals.stopRequested,
    parseStopRequested,
    ({ kind, reason }) => {
      if (kind === 'cancel') {
        life.stop.stop(reason ?? 'cancelled');
      } else {
        life.paused = kind === 'pause';
        family.tell({ kind });
      }
      showCard(parts);
    },
    ignore,
  );
  ignoreUnknownMessages(ignore);
  showCard(parts);
}

/** Updates the card in Temporal's Web UI. */
export function showCard(parts: BranchParts): void {
  const view = viewOf(parts);
  const lines = [parts.watch.card(view), ...troubleLines(view.troubles ?? []), ...ignoredLines(parts.life.ignored)];
  setCurrentDetails(lines.join('\n'));
}

function viewOf({ life, turns, questions, family, watch }: BranchParts): BranchView {
  const running = family.open();
  const alone = turns.isWaiting() ? 'turn' : questions.isWaiting() ? 'human' : null;
  const view = watch.view(alone ?? (running > 0 ? 'barrier' : null), running);
  const replica = turns.replica();
  return { ...view, ...(replica !== null && { replica }), ...troublesOf(life.supervisor.troubles()) };
}
