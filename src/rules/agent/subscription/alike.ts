/** Several failures told as one message. */
import { MOST_ALIKE } from '../../../contract/patterns';

/** The part of a message that says of how many failures it tells, and until when the credential cannot be used. */
interface Countable {
  readonly resetAt?: string;
  readonly count?: number;
}

/** The first one, for all of them: as many as there were, with the last of their resets. All are of one credential and kind. */
export function together<T extends Countable>(first: T, others: readonly T[]): T {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const count = all.reduce((sum, one) => sum + (one.count ?? 1), 0);
  const resets = all.flatMap(({ resetAt }) => (resetAt === undefined ? [] : [Date.parse(resetAt)]));
  const resetAt = resets.length === 0 ? {} : { resetAt: new Date(Math.max(...resets)).toISOString() };
  return { ...first, ...resetAt, count: Math.min(count, MOST_ALIKE) };
}
