/** The log of a workflow: numbers without holes, two bounds, and how a reader learns what is gone. */
import fc from 'fast-check';
import { eventId, type EventLog, type NewEntry } from '../../../../src/contract/event/log';
import { eventSchema } from '../../../../src/contract/schemas/events';
import {
  answerLog,
  append,
  appended,
  begunLog,
  MOST_ENTRIES,
  MOST_LOG_BYTES,
  UNBEGUN_LOG,
} from '../../../../src/rules/lib/log/log';
import { parseEventLog, parseLogQuery } from '../../../../src/rules/lib/log/log-carried';
import { jsonBytes } from '../../../../src/rules/lib/json-bytes';
import { runs } from '../../../support/runs';

const START = 1_764_000_000_000;
const entry = (bytes = 0): NewEntry => ({ type: 'pool.available', data: { pool: 'x'.repeat(bytes), fleets: [] } });
const begun = begunLog(UNBEGUN_LOG, START);
const ID = 'pool/p';

/** The log after entries of these sizes, a millisecond apart. */
function grown(sizes: readonly number[], from: EventLog = begun): EventLog {
  return sizes.reduce((log, bytes, index) => append(log, entry(bytes), START + index), from);
}

test('the first number is the start in ms, times 1,000; a log that has begun stays', () => {
  expect(begun).toEqual({ first: START * 1_000, next: START * 1_000, lostAt: null, entries: [] });
  expect(begunLog(grown([1]), START + 5)).toEqual(grown([1]));
});

test('property: numbers have no holes, both bounds hold, the newest entry stays, and as little as possible leaves', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 6_000 }), { minLength: 1, maxLength: 150 }), (sizes) => {
      const log = grown(sizes);
      const { entries, next, lostAt } = log;
      const numbers = entries.map(({ seq }) => seq);
      expect(next).toBe(begun.next + sizes.length);
      expect(numbers).toEqual(numbers.map((_, index) => next - numbers.length + index));
      const bytes = (some: readonly unknown[]) => some.reduce<number>((sum, one) => sum + jsonBytes(one), 0);
      expect(entries.length).toBeLessThanOrEqual(MOST_ENTRIES);
      expect(bytes(entries)).toBeLessThanOrEqual(MOST_LOG_BYTES);
      const gone = sizes.length - entries.length;
      expect(lostAt).toBe(gone === 0 ? null : START + gone - 1);
      if (gone > 0 && entries.length < MOST_ENTRIES) {
        const last = append(begun, entry(sizes[gone - 1]), START).entries;
        expect(bytes(entries) + bytes(last)).toBeGreaterThan(MOST_LOG_BYTES);
      }
      expect(parseEventLog(JSON.parse(JSON.stringify(log)), 'log')).toEqual(log);
    }),
    { numRuns: runs(300) },
  );
});

test('an entry beyond the bytes of a log stays until the next one comes', () => {
  const large = grown([1, 1, 40_000]);
  expect(large.entries.map(({ seq }) => seq - begun.first)).toEqual([2]);
  expect(grown([1], large).entries.map(({ seq }) => seq - begun.first)).toEqual([3]);
});

test('property: a reader that asks after what it has gets every entry once, or is told how many are gone', () => {
  const batches = fc.array(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 90 }), { maxLength: 12 });
  fc.assert(
    fc.property(batches, (made) => {
      let log = begun;
      let after = begun.first - 1;
      let missed = 0;
      const read: number[] = [];
      for (const sizes of made) {
        log = grown(sizes, log);
        const answer = answerLog(log, ID, { after });
        read.push(...answer.entries.map(({ seq }) => seq));
        missed += answer.missed;
        after = answer.next - 1;
      }
      expect(new Set(read).size).toBe(read.length);
      expect(read.length + missed).toBe(log.next - log.first);
    }),
    { numRuns: runs(200) },
  );
});

test('a number of an earlier incarnation asks for all of this one', () => {
  const log = grown(Array.from({ length: 70 }, () => 1));
  expect(answerLog(log, ID, { after: begun.first - 5_000 })).toMatchObject({ missed: 6, next: log.next });
  expect(answerLog(log, ID, { after: log.next - 3 }).entries).toHaveLength(2);
  expect(answerLog(log, ID, { after: log.next - 1 })).toMatchObject({ next: log.next, missed: 0, entries: [] });
  expect(answerLog(log, ID, { after: log.next })).toEqual(answerLog(log, ID));
});

test('by time, entries count as gone only if one that is younger has left', () => {
  const log = grown(Array.from({ length: 70 }, () => 1));
  expect(answerLog(log, ID, { since: START + 4 })).toMatchObject({ missed: 6 });
  expect(answerLog(log, ID, { since: START + 5 })).toMatchObject({ missed: 0 });
  expect(answerLog(log, ID, { since: START + 68 }).entries.map(({ at }) => Date.parse(at) - START)).toEqual([69]);
  expect(answerLog(log, ID)).toMatchObject({ missed: 6 });
  expect(answerLog(begun, ID)).toEqual({ first: begun.first, next: begun.next, missed: 0, entries: [] });
});

test('an event has the same id wherever its number is read, and another one under another id', () => {
  const [first] = answerLog(grown([1]), ID).entries;
  expect(first).toEqual({
    seq: begun.first,
    id: eventId(ID, begun.first),
    at: new Date(START).toISOString(),
    ...entry(1),
  });
  expect(first?.id).toMatch(/^evt_[0-9a-f]{16}_\d+$/);
  expect(eventId('pool/q', begun.first)).not.toBe(first?.id);
  expect(eventSchema.safeParse(first).error).toBeUndefined();
});

test('what is appended between two logs', () => {
  const log = grown([1, 2]);
  expect(appended(log, log)).toEqual([]);
  expect(appended(log, grown([3], log)).map(({ seq }) => seq)).toEqual([log.next]);
});

test.each([{ after: -1 }, { after: 1.5 }, { since: 'x' }, { before: 1 }, 7])('the query %j is refused', (query) => {
  expect(() => parseLogQuery(query, 'log')).toThrow(/^log.*log takes \{after\?, since\?\}$/);
});
