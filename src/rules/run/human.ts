/**
 * The human of a run: the questions in the order of asking, each with its reminder, escalation and
 * deadline. Without an item's number, the oldest one is open.
 */
import type { OnDeadline } from '../../contract/run/inbox';
import type { Script } from '../../contract/run/script';
import { USER } from '../../contract/fleet/topology';
import type { Answer, Question } from '../coordination/effects';
import { asksPermission } from '../coordination/permission';
import { formatDuration } from '../lib/duration';
import { type Marks, createMarks } from './marks';
import { scriptedEntry, scriptExhausted } from './script';
import type { Timing } from './timing';

export type { Timing } from './timing';

/** The inbox settings of a fleet in milliseconds; null: not set. */
export interface InboxTimes {
  readonly remindMs: number | null;
  readonly escalateMs: number | null;
  readonly deadlineMs: number | null;
  readonly onDeadline: OnDeadline;
  /** The answer with `onDeadline: default`. */
  readonly default: unknown;
}

/** No reminder, no escalation, no deadline but the question's own. */
export const NO_INBOX_TIMES: InboxTimes = {
  remindMs: null,
  escalateMs: null,
  deadlineMs: null,
  onDeadline: 'fail',
  default: null,
};

/** An event of an item other than its answer. */
export type ItemNews = 'asked' | 'reminded' | 'escalated' | 'expired';

/** An unanswered question. */
export interface Asked {
  /** The first question of a run is 1. */
  readonly number: number;
  readonly question: Question;
  /** When it was asked, by the same clock. */
  readonly since: number;
  /** The effect of its deadline; null: it has none. */
  readonly onDeadline: OnDeadline | null;
  /** Whether its deadline has passed and it waits on. */
  readonly isExpired: () => boolean;
  /** When it is due, by the same clock; null: not set, passed, or the run is paused. */
  readonly dueAt: (what: 'reminder' | 'escalation' | 'deadline') => number | null;
}

/** The human of a run. */
export interface Human {
  /**
   * Asks a question; `settle` receives the answer, and the returned function withdraws the
   * question.
   */
  ask(question: Question, settle: (answer: Answer) => void): () => void;
  /** Answers the open question, or the one with this number. */
  answer(value: unknown, number?: number): void;
  /** Moves the deadline of an item; one that has passed, or was not set, counts from now. */
  extend(number: number, ms: number): void;
  /** No time passes for any item while the run is paused. */
  setPaused(isPaused: boolean): void;
  /** The open question, then the queued ones. */
  waiting(): readonly Asked[];
}

interface Entry extends Asked {
  readonly settle: (answer: Answer) => void;
  readonly marks: Marks;
  expired: boolean;
}

/** The operations of a workflow's human that a simulation's does not have. */
export interface HumanOptions {
  readonly times?: InboxTimes;
  readonly tell?: (news: ItemNews, asked: Asked) => void;
}

/**
 * Creates the human of a run. With a script, its `User` answers; without one, `answer` does.
 * `onChange` is called whenever the list of questions changes.
 */
export function createHuman(
  script: Script | null,
  time: Timing,
  onChange: () => void,
  { times = NO_INBOX_TIMES, tell = () => undefined }: HumanOptions = {},
): Human {
  const entries: Entry[] = [];
  let position = 0;
  let number = 0;
  let isPaused = false;
  let cancelAnswer: () => void = () => undefined;

  function close(entry: Entry): void {
    const index = entries.indexOf(entry);
    if (index < 0) return;
    entries.splice(index, 1);
    entry.marks.clear();
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
    // If it comes too late, the deadline of the question is there first: no clock is asked, as a
    // replay reads another time.
    if (answer !== null) {
      cancelAnswer = time.schedule(answer.delayMs, () => {
        position = answer.next;
        finish(entry, { value: answer.entry['answer'] });
      });
    } else if (entry.onDeadline === null) {
      cancelAnswer = time.schedule(0, () => {
        finish(entry, { error: scriptExhausted(USER) });
      });
    }
  }
  /** A passed deadline is an answer only if the question itself, or the fleet file, says so. */
  function expire(entry: Entry, limitMs: number): void {
    tell('expired', entry);
    const { question, onDeadline } = entry;
    if (question.timeoutMs !== null) finish(entry, 'timed_out');
    else if (onDeadline === 'default') finish(entry, { value: times.default });
    else if (onDeadline === 'fail') finish(entry, { error: `no answer within ${formatDuration(limitMs)}` });
    else {
      entry.expired = true;
      onChange();
    }
  }
  function setDeadline(entry: Entry, ms: number, limitMs: number): void {
    entry.expired = false;
    entry.marks.set('deadline', ms, () => {
      expire(entry, limitMs);
    });
  }
  function start(entry: Entry): void {
    const { remindMs, escalateMs } = times;
    const limitMs = entry.question.timeoutMs ?? times.deadlineMs;
    if (limitMs !== null) setDeadline(entry, limitMs, limitMs);
    const announce = (what: 'reminded' | 'escalated') => () => {
      tell(what, entry);
      onChange();
    };
    if (remindMs !== null) entry.marks.set('reminder', remindMs, announce('reminded'));
    if (escalateMs !== null) entry.marks.set('escalation', escalateMs, announce('escalated'));
  }

  return {
    waiting: () => entries,
    ask(question, settle) {
      number += 1;
      const marks = createMarks(time, !isPaused);
      const hasOwn = question.timeoutMs !== null;
      const entry: Entry = {
        number,
        question,
        since: time.now(),
        onDeadline: hasOwn ? ownEnd(question) : times.deadlineMs === null ? null : times.onDeadline,
        settle,
        marks,
        expired: false,
        isExpired: () => entry.expired,
        dueAt: (what) => marks.dueAt(what),
      };
      start(entry);
      entries.push(entry);
      tell('asked', entry);
      onChange();
      if (entries.length === 1) present();
      return () => {
        close(entry);
      };
    },
    answer(value, wanted) {
      const entry = wanted === undefined ? entries[0] : entries.find((one) => one.number === wanted);
      if (entry) finish(entry, { value });
    },
    extend(wanted, ms) {
      const entry = entries.find((one) => one.number === wanted);
      if (entry === undefined) return;
      const left = (entry.marks.left('deadline') ?? 0) + ms;
      setDeadline(entry, left, left);
      onChange();
    },
    setPaused(paused) {
      isPaused = paused;
      for (const { marks } of entries) marks.setRunning(!paused);
    },
  };
}

/** The effect of an agent's own deadline: its default counts for a question only, never as consent. */
function ownEnd({ question, kind, hasDefault }: Question): OnDeadline {
  return kind === undefined && hasDefault === true && !asksPermission(question) ? 'default' : 'fail';
}
