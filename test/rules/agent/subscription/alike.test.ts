import fc from 'fast-check';
import { MOST_ALIKE } from '../../../../src/contract/values/patterns';
import { mergeFailures } from '../../../../src/rules/agent/subscription/alike';

interface Report {
  readonly kind: string;
  readonly resetAt?: string;
  readonly count?: number;
}

const reset = fc.integer({ min: 0, max: 2 ** 40 }).map((ms) => new Date(ms).toISOString());
const report: fc.Arbitrary<Report> = fc.record(
  { kind: fc.constant('rate_limit'), resetAt: reset, count: fc.integer({ min: 1, max: 50 }) },
  { requiredKeys: ['kind'] },
);

test('one message tells of as many failures as there were, until the last of their resets', () => {
  fc.assert(
    fc.property(report, fc.array(report, { minLength: 1, maxLength: 20 }), (first, others) => {
      const all = [first, ...others];
      const resets = all.flatMap(({ resetAt }) => resetAt ?? []).sort();
      expect(mergeFailures(first, others)).toEqual({
        kind: 'rate_limit',
        count: all.reduce((sum, { count = 1 }) => sum + count, 0),
        ...(resets.length === 0 ? {} : { resetAt: resets.at(-1) }),
      });
    }),
  );
});

test('a message by itself is sent as it is, and none tells of more than may be told', () => {
  const alone: Report = { kind: 'rate_limit' };
  expect(mergeFailures(alone, [])).toBe(alone);
  expect(mergeFailures({ ...alone, count: MOST_ALIKE }, [alone])).toEqual({ ...alone, count: MOST_ALIKE });
});
