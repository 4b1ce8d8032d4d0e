/** Merges several failures of one credential into one message. */
import { MOST_ALIKE } from '../../../contract/values/patterns';

/** The part of a message that counts its failures and says when the credential resets. */
interface Countable {
  readonly resetAt?: string;
  readonly count?: number;
}

/**
 * The first message with the sum of the counts and the latest reset. All are of one credential and
 * kind.
 */
export function mergeFailures<T extends Countable>(first: T, others: readonly T[]): T {
  if (others.length === 0) return first;
  const all = [first, ...others];
  const count = all.reduce((sum, one) => sum + (one.count ?? 1), 0);
  const resets = all.flatMap(({ resetAt }) => (resetAt === undefined ? [] : [Date.parse(resetAt)]));
  const resetAt = resets.length === 0 ? {} : { resetAt: new Date(Math.max(...resets)).toISOString() };
  return { ...first, ...resetAt, count: Math.min(count, MOST_ALIKE) };
}
