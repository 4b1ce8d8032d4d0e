/** The human of a run: one open question at a time, in the order of asking. */
import type { Script } from '../../contract/run';
import { USER } from '../../contract/fleet/topology';
import type { Answer, Question } from '../coordination/effects';
import { scriptedEntry, scriptExhausted } from './script';

/** A clock: a workflow's or a virtual one. */
export interface Timing {
  /** Milliseconds, for records only. */
  now(): number;
  /** Calls back after `ms`; the returned function cancels it. */
  schedule(ms: number, act: () => void): () => void;
}

/** An unanswered question. */
export interface Asked {
  readonly question: Question;
  /** When it was asked, by the same clock. */
  readonly since: number;
}

/** The human of a run. */
export interface Human {
  /**
   * Asks a question; `settle` receives the answer, and the returned function withdraws the
   * question.
   */
  ask(question: Question, settle: (answer: Answer) => void): () => void;
  /** Answers the open question. */
  answer(value: unknown): void;
  /** The open question, then the queued ones. */
  waiting(): readonly Asked[];
}

interface Entry extends Asked {
  readonly settle: (answer: Answer) => void;
  readonly cancelDeadline: () => void;
}

/**
 * Creates the human of a run. With a script, its `User` answers; without one, `answer` does.
 * `onChange` is called whenever the list of questions changes.
 */
export function createHuman(script: Script | null, time: Timing, onChange: () => void): Human {
  const entries: Entry[] = [];
  let position = 0;
  let cancelAnswer: () => void = () => undefined;

  function close(entry: Entry): void {
    const index = entries.indexOf(entry);
    if (index < 0) return;
    entries.splice(index, 1);
    entry.cancelDeadline();
    if (index === 0) {
      cancelAnswer();
      present();
    }
    onChange();
  }
  function finish(entry: Entry, answer: Answer): void {
    close(entry);
    entry.settle(answer);
  }
  /** Schedules the scripted answer to the open question. */
  function present(): void {
    cancelAnswer = () => undefined;
    const entry = entries[0];
    if (entry === undefined || script === null) return;
    const answer = scriptedEntry(script, USER, position);
    // Where it comes too late, the deadline of the question is there first: no clock is asked, as a
    // replay reads another time.
    if (answer !== null) {
      cancelAnswer = time.schedule(answer.delayMs, () => {
        position = answer.next;
        finish(entry, { value: answer.entry['answer'] });
      });
    } else if (entry.question.timeoutMs === null) {
      cancelAnswer = time.schedule(0, () => {
        finish(entry, { error: scriptExhausted(USER) });
      });
    }
  }
  return {
    waiting: () => entries,
    ask(question, settle) {
      const { timeoutMs } = question;
      const entry: Entry = {
        question,
        since: time.now(),
        settle,
        cancelDeadline:
          timeoutMs === null
            ? () => undefined
            : time.schedule(timeoutMs, () => {
                if (entries.includes(entry)) finish(entry, 'timed_out');
              }),
      };
      entries.push(entry);
      onChange();
      if (entries.length === 1) present();
      return () => {
        close(entry);
      };
    },
    answer(value) {
      const entry = entries[0];
      if (entry) finish(entry, { value });
    },
  };
}
