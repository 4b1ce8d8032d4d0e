/** The order in which branches were made: their ids (`0`, `0.1`, `0.1.0`) are paths of numbers, and a parent comes before its children. */

/** The items in the order of their branches; of one branch, as they came. A path is read once for each item: a fan-out has thousands. */
export function inBranchOrder<T>(items: Iterable<T>, branchOf: (item: T) => string): T[] {
  return Array.from(items, (item) => ({ item, path: branchOf(item).split('.').map(Number) }))
    .sort((a, b) => comparePaths(a.path, b.path))
    .map(({ item }) => item);
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length);
  for (let depth = 0; depth < shared; depth += 1) {
    const difference = (a[depth] ?? 0) - (b[depth] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
