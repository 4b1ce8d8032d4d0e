/** The items that wait for a person: questions, permissions and gates of runs (docs/inbox.md). */
import type { Duration } from '../values/duration';

/**
 * `question`: an agent asks. `permission`: an agent asks whether it may do something. `gate`: a
 * hand-over waits, because the topology says so.
 */
export const WAITING_KINDS = ['question', 'permission', 'gate'] as const;
/** One of `WAITING_KINDS`. */
export type WaitingKind = (typeof WAITING_KINDS)[number];

/** The effect of a passed deadline: the default is the answer, the branch fails, or the item waits on. */
export const ON_DEADLINE = ['default', 'fail', 'hold'] as const;
/** One of `ON_DEADLINE`. */
export type OnDeadline = (typeof ON_DEADLINE)[number];

/** `inbox` of a fleet file. Times count while the run is not paused. */
export interface InboxSpec {
  readonly remindAfter?: Duration;
  readonly escalateAfter?: Duration;
  /** Told with the event `question.escalated`, for the receiver of the webhook. */
  readonly escalateTo?: string;
  readonly deadline?: Duration;
  /** `fail` unless given. */
  readonly onDeadline?: OnDeadline;
  /** The answer with `onDeadline: default`. */
  readonly default?: unknown;
}

/** One waiting item, as its run sees it. Times are ISO 8601 in UTC. */
export interface WaitingItem {
  /** `fleet.run.number`. */
  readonly id: string;
  readonly kind: WaitingKind;
  readonly fleet: string;
  readonly run: string;
  readonly branch: string;
  readonly agent: string;
  /** The question as a text, if it has one, else as the agent has asked it. */
  readonly prompt: unknown;
  /** The answers that it takes; absent if it takes any. */
  readonly options?: readonly unknown[];
  /** The agent's further context of it; null: none. */
  readonly context: unknown;
  readonly askedAt: string;
  /** Absent without one, and while the run is paused, when no time passes. */
  readonly deadline?: string;
  /** Absent without a deadline. */
  readonly onDeadline?: OnDeadline;
  /** When it is, or was, reminded of; absent without a reminder, and while the run is paused. */
  readonly remindAt?: string;
  readonly escalateTo?: string;
  /** The deadline has passed, and the item waits on (`hold`). */
  readonly isExpired: boolean;
  /** Its run is paused: no time passes. */
  readonly isPaused: boolean;
  /** Changes with the question: an answer with another digest is refused. */
  readonly digest: string;
}

/** The answer to a query `inbox`: every item of the run, oldest first. */
export interface RunInbox {
  readonly items: readonly WaitingItem[];
}

/** The argument of the update `answerItem`. */
export interface ItemAnswer {
  readonly number: number;
  readonly value: unknown;
  /** As shown with the item; absent: any. */
  readonly digest?: string;
}

/** The argument of the update `extendItem`: the deadline moves by this duration. */
export interface ItemExtension {
  readonly number: number;
  readonly extension: Duration;
}

/** The id of an item. Names have no dots. */
export function itemId(fleet: string, run: string, number: number): string {
  return `${fleet}.${run}.${String(number)}`;
}

/** The parts of an item's id; undefined if it is not one. */
export function itemRef(
  id: string,
): { readonly fleet: string; readonly run: string; readonly number: number } | undefined {
  const [, fleet = '', run = '', number = ''] =
    /^([A-Za-z][\w-]{0,62})\.([A-Za-z][\w-]{0,62})\.([1-9]\d{0,8})$/.exec(id) ?? [];
  return number === '' ? undefined : { fleet, run, number: Number(number) };
}
