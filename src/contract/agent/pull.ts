/** Pull mode: an agent that cannot be called polls a gateway for the calls that its endpoint would get. */

/** The endpoint in the beats of an agent that polls. */
export const PULL_ENDPOINT = 'pull';

/** The kinds of calls that a poll hands to an agent. `withdraw` says that the turn `id` was withdrawn, and needs no reply. */
export const PULLED_KINDS = ['turn', 'undo', 'drain', 'credentials', 'withdraw'] as const;
/** One of `PULLED_KINDS`. */
export type PulledKind = (typeof PULLED_KINDS)[number];

/** One call for an agent. `id` is the turn's for a turn, else the call's own; `body` is that of the call. */
export interface PulledCall {
  readonly id: string;
  readonly kind: PulledKind;
  readonly body: unknown;
}

/** The answer of an agent to a call: the status that its endpoint would have, and its JSON. */
export interface PulledAnswer {
  readonly status: number;
  readonly reply: unknown;
}

/** The longest wait of a poll, and the shortest: a poll without a call takes at least this long. */
export const LONGEST_POLL_MS = 60_000;
/** The shortest wait of a poll without a call, in milliseconds. */
export const SHORTEST_POLL_MS = 1_000;

/** The most polls of one agent that wait at a time; the oldest ends when there is one more. */
export const MOST_POLLS = 32;
