/** Events, and the workflow that delivers a notification. */

/** A webhook; `secret` is a reference. */
export interface NotifySpec {
  readonly url: string;
  readonly secret?: string;
  readonly events?: readonly string[];
}

/**
 * The events that a webhook without `events` receives: `run.asked` reports a question already, so a
 * webhook must name `question.asked`. A webhook that names other types receives those too.
 */
export const NOTIFIED_TYPES = [
  'subscription.switched',
  'pool.exhausted',
  'agent.offline',
  'agent.ready',
  'agent.failed',
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.asked',
  'question.reminded',
  'question.escalated',
  'question.expired',
  'question.answered',
] as const;

/**
 * The closed list of all types of events (docs/events.md). `data.ts` has the data of each.
 * A reader makes `feed.gap`; a workflow records every other type in its log.
 */
export const EVENT_TYPES = [
  ...NOTIFIED_TYPES,
  'agent.changed',
  'agent.restarted',
  'change.started',
  'change.step',
  'change.completed',
  'change.failed',
  'change.compensated',
  'change.cancelled',
  'change.compensating',
  'fleet.paused',
  'fleet.resumed',
  'run.started',
  'run.branch',
  'run.answered',
  'run.paused',
  'run.resumed',
  'question.asked',
  'question.extended',
  'pool.available',
  'pool.reset',
  'lease.lost',
  'feed.gap',
] as const;
/** One of `EVENT_TYPES`. */
export type EventType = (typeof EVENT_TYPES)[number];

/**
 * One event. `id` is the same at every delivery: letters, digits, `-` and `_`; `at` in ISO 8601.
 */
export interface DroverEvent {
  readonly id: string;
  readonly type: EventType;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The input of a `notify` workflow: one event for one webhook. */
export interface NotifyInput {
  readonly v: 1;
  readonly event: DroverEvent;
  readonly target: NotifySpec;
}

const NOTIFIED: readonly string[] = NOTIFIED_TYPES;

/** The webhooks that receive events of this type. */
export function targetsOf(notify: readonly NotifySpec[] | undefined, type: EventType): readonly NotifySpec[] {
  return (notify ?? []).filter(({ events = NOTIFIED }) => events.includes(type));
}
