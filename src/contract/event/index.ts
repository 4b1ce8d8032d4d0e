/** Events, and the workflow that delivers a notification. */

/** A webhook; `secret` is a reference. */
export interface NotifySpec {
  readonly url: string;
  readonly secret?: string;
  readonly events?: readonly string[];
}

/** All kinds of events; a webhook without `events` receives all of them. */
export const EVENT_TYPES = [
  'subscription.switched',
  'pool.exhausted',
  'agent.offline',
  'agent.ready',
  'agent.failed',
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.asked',
  'question.asked',
  'question.reminded',
  'question.escalated',
  'question.expired',
  'question.answered',
] as const;
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

/** The webhooks that receive events of this type. */
export function targetsOf(notify: readonly NotifySpec[] | undefined, type: EventType): readonly NotifySpec[] {
  return (notify ?? []).filter(({ events }) => events === undefined || events.includes(type));
}
