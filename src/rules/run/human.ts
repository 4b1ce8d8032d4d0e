/** The human of a run: one open question at a time, in the order in which they were asked. */
import type { Script } from '../../contract/run';
import { USER } from '../../contract/topology';
import type { Answer, Question } from '../coordination/effects';
import { scripted, scriptExhausted } from './script';

/** Time, of a workflow or virtual. */
export interface Timing {
  /** Milliseconds, for records only. */
  now(): number;
  /** Calls back after `ms`, unless cancelled by what it returns. */
  schedule(ms: number, act: () => void): () => void;
}

/** A question that has not been answered. */
export interface Asked {
  readonly question: Question;
  /** When it was asked, by the same clock. */
  readonly since: number;
}

export interface Human {
  /** Asks; `settle` gets the answer. Withdraws the question by what it returns. */
  ask(question: Question, settle: (answer: Answer) => void): () => void;
  /** Answers the open question. */
  answer(value: unknown): void;
  /** The open question, then those that wait their turn. */
  waiting(): readonly Asked[];
}

interface Entry extends Asked {
  readonly settle: (answer: Answer) => void;
  readonly cancelDeadline: () => void;
}

/** Without a script the answers come by `answer`; with one, from its `User`. `onChange` hears whenever the list has changed. */
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
  /** Plays the scripted answer to the question that is now the open one. */
  function present(): void {
    cancelAnswer = () => undefined;
    const entry = entries[0];
    if (entry === undefined || script === null) return;
    const answer = scripted(script, USER, position);
    // Where it comes too late, the deadline of the question is there first: no clock is asked, as a replay reads another time.
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
                if (entries.includes(entry)) finish(entry, 'timed out');
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
