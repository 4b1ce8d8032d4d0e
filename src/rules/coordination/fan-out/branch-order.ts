/** The order in which branches were made: their ids (`0`, `0.1`, `0.1.0`) are paths of numbers, and a parent comes before its children. */

/** The items in the order of their branches; of one branch, as they came. */
export function inBranchOrder<T>(items: Iterable<T>, branchOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => compareBranches(branchOf(a), branchOf(b)));
}

const DOT = 46;

/** Negative when branch `a` was made before `b`. Numbers have no leading zeros, so the longer one is the greater one: nothing is parsed, as a fan-out has thousands. */
export function compareBranches(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  const more = digitsFrom(a, at) - digitsFrom(b, at);
  // Of equal length in the first number that differs, or one path is the beginning of the other.
  return more !== 0 ? more : (a.charCodeAt(at) || 0) - (b.charCodeAt(at) || 0);
}

function digitsFrom(path: string, at: number): number {
  let end = at;
  while (end < path.length && path.charCodeAt(end) !== DOT) end += 1;
  return end - at;
}
