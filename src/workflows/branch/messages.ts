/** The signals and the query of a branch. */
import type { SignalDefinition } from '@temporalio/common';
import { defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { branchSignals, describeBranch } from '../../contract/run/messages';
import type { BranchView } from '../../contract/run';
import { parseTurnRef, parseTurnSuspended } from '../../rules/agent/messages';
import { parseAnswerGiven, parseStopRequested, parseTurnAnswered } from '../../rules/run/messages';
import type { Parser } from '../../rules/lib/parse';
import { addIgnored, ignoredLines, troubleLines, troublesOf } from '../../rules/lib/troubles';
import type { Family } from './family';
import type { BranchLife } from './life';
import type { BranchQuestions } from './questions';
import type { BranchTurns } from './turns';
import type { BranchWatch } from './watch';
import { type Door, doorOf, type Doors, type Ignore } from '../shared/messages/receive';
import { isoNow } from '../shared/iso-now';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';

/** The parts of a branch that handle messages. */
export interface BranchParts {
  readonly life: BranchLife;
  readonly turns: BranchTurns;
  readonly questions: BranchQuestions;
  readonly family: Family;
  readonly watch: BranchWatch;
  /** Shows what has changed. */
  readonly show: () => void;
}

/** Registers every signal and the query. */
export function handleBranchMessages(parts: BranchParts): void {
  const { life } = parts;
  const ignore: Ignore = (what, why) => {
    life.ignored = addIgnored(life.ignored, what, why, isoNow());
    parts.show();
  };
  setHandler(describeBranch, () => branchViewOf(parts), { description: 'Returns the current state of the branch' });
  for (const [name, door] of branchDoors(parts, ignore)) setHandler(defineSignal<[unknown]>(name), door);
  ignoreUnknownMessages(ignore);
  parts.show();
}

/** The signals of agents and of the run to a branch. */
export function branchDoors({ life, turns, questions, family, show }: BranchParts, ignore: Ignore): Doors {
  const doors = new Map<string, Door>();
  function hear<M, T extends M>(signal: SignalDefinition<[M]>, parse: Parser<T>, apply: (message: T) => void): void {
    doors.set(signal.name, doorOf(signal, parse, apply, ignore));
  }
  hear(branchSignals.turnAnswered, parseTurnAnswered, (message) => {
    turns.answered(message);
  });
  hear(branchSignals.turnSuspended, parseTurnSuspended, ({ turnId, why }) => {
    turns.suspended(turnId, { why });
  });
  hear(branchSignals.turnResumed, parseTurnRef, ({ turnId }) => {
    turns.suspended(turnId, null);
  });
  hear(branchSignals.answerGiven, parseAnswerGiven, (message) => {
    questions.answered(message);
  });
  hear(branchSignals.stopRequested, parseStopRequested, ({ kind, reason }) => {
    if (kind === 'cancel') {
      life.stop.stop(reason ?? 'cancelled');
    } else {
      life.paused = kind === 'pause';
      family.tell({ kind });
    }
    show();
  });
  return doors;
}

/** Updates the card in Temporal's Web UI. */
export function showCard(parts: BranchParts): void {
  const view = branchViewOf(parts);
  const lines = [parts.watch.card(view), ...troubleLines(view.troubles ?? []), ...ignoredLines(parts.life.ignored)];
  setCurrentDetails(lines.join('\n'));
}

/** The branch as the query `describe` answers it. */
export function branchViewOf({ life, turns, questions, family, watch }: BranchParts): BranchView {
  const running = family.open();
  const alone = turns.isWaiting() ? 'turn' : questions.isWaiting() ? 'human' : null;
  const view = watch.view(alone ?? (running > 0 ? 'barrier' : null), running);
  const replica = turns.replica();
  return { ...view, ...(replica !== null && { replica }), ...troublesOf(life.supervisor.troubles()) };
}
