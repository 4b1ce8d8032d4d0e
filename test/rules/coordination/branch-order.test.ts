import fc from 'fast-check';
import { compareBranches, inBranchOrder } from '../../../src/rules/coordination/fan-out/branch-order';

const path = fc.array(fc.oneof(fc.nat(3), fc.nat(120), fc.nat(10_000)), { minLength: 1, maxLength: 4 });
const written = (numbers: readonly number[]): string => numbers.join('.');

/** The order in words: number by number, and a parent before its children. */
function expected(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, index) => number !== b[index]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? (a[at] ?? 0) - (b[at] ?? 0) : 1;
}

test('branches are compared number by number', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(Math.sign(compareBranches(written(a), written(b)))).toBe(Math.sign(expected(a, b)));
    }),
  );
});

test('branches that share a beginning, too', () => {
  fc.assert(
    fc.property(path, path, path, (shared, a, b) => {
      const [one, other] = [
        [...shared, ...a],
        [...shared, ...b],
      ];
      expect(Math.sign(compareBranches(written(one), written(other)))).toBe(Math.sign(expected(one, other)));
      expect(compareBranches(written(shared), written(one))).toBeLessThan(0);
    }),
  );
});

test('items of one branch stay as they came', () => {
  const items = [
    { branch: '0.10', item: 1 },
    { branch: '0.9', item: 2 },
    { branch: '0.10', item: 3 },
    { branch: '0', item: 4 },
  ];
  expect(inBranchOrder(items, ({ branch }) => branch).map(({ item }) => item)).toEqual([4, 2, 1, 3]);
});
