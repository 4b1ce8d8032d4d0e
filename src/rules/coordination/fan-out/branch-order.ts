/**
 * The order of branches by their ids (`0`, `0.1`, `0.1.0`): paths of numbers, a parent before its
 * children.
 */

/** The items in the order of their branches; items of the same branch keep their order. */
export function inBranchOrder<T>(items: Iterable<T>, branchOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => compareBranches(branchOf(a), branchOf(b)));
}

const DOT = 46;

/**
 * Negative where branch `a` comes before `b`. It parses no numbers, because a fan-out has thousands
 * of branches: without leading zeros, the longer number is the greater one.
 */
export function compareBranches(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  const more = digitsFrom(a, at) - digitsFrom(b, at);
  // The first different numbers have the same length, or one path is a prefix of the other.
  return more !== 0 ? more : (a.charCodeAt(at) || 0) - (b.charCodeAt(at) || 0);
}

function digitsFrom(path: string, at: number): number {
  let end = at;
  while (end < path.length && path.charCodeAt(end) !== DOT) end += 1;
  return end - at;
}
