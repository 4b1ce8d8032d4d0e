import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pollUntil } from '../../src/client/temporal/backoff';
import { UpdateQueue } from '../../src/client/temporal/update-queue';
import { isoNow, monotonicMs, onWallClock, wallClockMs } from '../../src/lib/clock';
import { until } from '../../src/lib/until';

const HOUR = 3_600_000;
const steps: (readonly [string, number])[] = [
  ['back', -HOUR],
  ['on', HOUR],
];

afterEach(() => jest.restoreAllMocks());

/** From now on the time of day is so much more than it was. */
function step(byMs: number): void {
  const now = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
}

describe.each(steps)('a time of day that steps an hour %s', (_way, byMs) => {
  test('is what dates say, and moves no interval', () => {
    const [before, began] = [wallClockMs(), monotonicMs()];
    step(byMs);
    expect(Math.abs(wallClockMs() - before - byMs)).toBeLessThan(HOUR / 2);
    expect(monotonicMs() - began).toBeGreaterThanOrEqual(0);
    expect(monotonicMs() - began).toBeLessThan(HOUR / 2);
  });

  test('keeps a deadline as far away as it was', () => {
    const deadline = monotonicMs() + 10_000;
    step(byMs);
    expect(Math.abs(onWallClock(deadline) - wallClockMs() - 10_000)).toBeLessThan(HOUR / 2);
  });

  test('neither ends what is waited for nor keeps it from ending', async () => {
    const soon = () => monotonicMs() + 100;
    const waits = [
      async () =>
        pollUntil(
          async () => 'no',
          () => false,
          { deadline: soon(), maxPauseMs: 10 },
        ),
      async () => until(async () => undefined, 100),
    ];
    for (const wait of waits) {
      let asked = false;
      const waiting = wait().then(() => (asked = true));
      step(byMs);
      await waiting;
      expect(asked).toBe(true);
      jest.restoreAllMocks();
    }
    let questions = 0;
    const answer = pollUntil(
      async () => (questions += 1),
      (count) => count === 3,
      { deadline: monotonicMs() + 60_000, maxPauseMs: 10 },
    );
    step(byMs);
    expect(await answer).toBe(3);
  });

  test('does not end the repeats of an update', async () => {
    let attempts = 0;
    const send = async () => {
      attempts += 1;
      if (attempts === 1) step(byMs);
      if (attempts < 3) throw new Error('workflow update was aborted by closing workflow');
      return 'answer';
    };
    const isClosed = async () => false;
    expect(await new UpdateQueue().run('w', monotonicMs() + 60_000, { send, isClosed })).toBe('answer');
  });
});

test('the date of now is one', () => {
  expect(new Date(isoNow()).toISOString()).toMatch(/^20\d\d-\d\d-\d\dT/);
});

test('only one file reads the clocks, the SDK apart', () => {
  const root = join(__dirname, '../../src');
  const reads = /\bDate\.now\b|\bperformance\.now\b|\bhrtime\b|new Date\(\)/;
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const readers = files.filter((file) => reads.test(readFileSync(join(root, file), 'utf8')));
  expect(readers.filter((file) => !file.startsWith('workflows/'))).toEqual(['lib/clock.ts']);
});
