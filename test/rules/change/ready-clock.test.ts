import fc from 'fast-check';
import { leftAfterWait } from '../../../src/rules/change/ready-clock';

const DUE = 1_000_000_000;
const PATIENCE = 30_000;

/** The time that is left of two minutes after waits that ended so much later than they were to. */
function leftAfter(lateness: readonly number[]): number {
  return lateness.reduce((left, late) => leftAfterWait(left, PATIENCE, DUE, DUE + late), 120_000);
}

test('waits that end in time use the time up', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 4, maxLength: 4 }), (late) => {
      expect(leftAfter(late.slice(0, 3))).toBe(PATIENCE);
      expect(leftAfter(late)).toBe(0);
    }),
  );
});

test('time without a worker counts for nothing, however long and however often', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 5_001, max: 10 * 24 * 3_600_000 })), (late) => {
      expect(leftAfter(late)).toBe(120_000);
      expect(leftAfter([...late, 0])).toBe(90_000);
    }),
  );
});
