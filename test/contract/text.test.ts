import fc from 'fast-check';
import {
  ERROR_BYTES,
  LINE_BYTES,
  LOG_TAIL_BYTES,
  LOG_TAIL_LINES,
  boundedTail,
  boundedText,
  isWellFormed,
  messageOf,
  utf8Bytes,
  wellFormed,
} from '../../src/contract/text';
import { runs } from '../support/runs';

const bytes = (text: string) => Buffer.byteLength(text, 'utf8');
/** Any units at all, halves of pairs among them. */
const units = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x61, 0x0a, 0xd83d, 0xde00, 0xe9, 0x20ac)), {
    maxLength: 300,
    size: 'max',
  })
  .map((codes) => String.fromCharCode(...codes));

test.each([
  ['short', 10, 'short'],
  ['exactly ten', 11, 'exactly ten'],
  ['x'.repeat(100), 40, `xxx … 88 bytes left out … ${'x'.repeat(9)}`],
  ['é'.repeat(100), 40, `é … 188 bytes left out … ${'é'.repeat(5)}`],
  ['😀'.repeat(30), 50, `😀 … 100 bytes left out … ${'😀'.repeat(4)}`],
  ['x'.repeat(100), 5, 'xxxxx'],
  ['😀'.repeat(30), 7, '😀'],
  ['cut \ud83d here', 100, 'cut \ufffd here'],
  ['\ude00\ud83d', 6, '\ufffd\ufffd'],
  ['', 0, ''],
  ['anything', 0, ''],
])('%j in %d bytes is %j', (text, limit, expected) => {
  expect(boundedText(text, limit)).toBe(expected);
});

test('a bounded text is never longer than its bound, well-formed, and keeps its beginning and its end', () => {
  fc.assert(
    fc.property(units, fc.integer({ min: 0, max: 400 }), (text, limit) => {
      const bounded = boundedText(text, limit);
      expect(bytes(bounded)).toBeLessThanOrEqual(limit);
      expect(isWellFormed(bounded)).toBe(true);
      const whole = wellFormed(text);
      if (bytes(whole) <= limit) expect(bounded).toBe(whole);
      else {
        const [head = '', tail] = bounded.split(/ … \d+ bytes left out … /u);
        expect(whole.startsWith(head) || tail === undefined).toBe(true);
        expect(whole.endsWith(tail ?? head)).toBe(true);
        // Not a character less than fits, but for one of four bytes at each of the two cuts.
        expect(bytes(bounded)).toBeGreaterThan(limit - 8);
      }
    }),
    { numRuns: runs(1_000) },
  );
});

test('omitted bytes are counted', () => {
  fc.assert(
    fc.property(units, fc.integer({ min: 60, max: 400 }), (text, limit) => {
      const whole = wellFormed(text);
      fc.pre(bytes(whole) > limit);
      const [, head = '', count, tail = ''] =
        /^([^]*?) … (\d+) bytes left out … ([^]*)$/u.exec(boundedText(text, limit)) ?? [];
      expect(bytes(head) + Number(count) + bytes(tail)).toBe(bytes(whole));
    }),
  );
});

test('a bound twice is a bound once', () => {
  fc.assert(
    fc.property(units, fc.integer({ min: 0, max: 400 }), (text, limit) => {
      const once = boundedText(text, limit);
      expect(boundedText(once, limit)).toBe(once);
    }),
  );
});

test('bytes and well-formedness are what the encoder says', () => {
  fc.assert(
    fc.property(units, (text) => {
      expect(utf8Bytes(text)).toBe(bytes(text));
      expect(wellFormed(text)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
      expect(isWellFormed(text)).toBe(wellFormed(text) === text);
    }),
    { numRuns: runs(1_000) },
  );
});

test('a tail is the last lines, each shortened in its middle, the last of them kept', () => {
  expect(boundedTail('')).toBe('');
  expect(boundedTail('one\ntwo\nthree\n\n', 2)).toBe('two\nthree');
  const lines = Array.from({ length: 100_000 }, (_, at) => `line ${String(at)}`);
  expect(boundedTail(lines.join('\n'))).toBe(lines.slice(-LOG_TAIL_LINES).join('\n'));

  const long = boundedTail(`first\n${'x'.repeat(1_000_000)}\nlast`);
  expect(long).toMatch(/^first\nx+ … 999\d\d\d bytes left out … x+\nlast$/u);
  const minified = `${'m'.repeat(400_000)}\n`.repeat(9);
  expect(boundedTail(`${minified}Error: the reason`)).toMatch(/\nError: the reason$/u);
});

test('a tail of any lines fits its bound', () => {
  fc.assert(
    fc.property(
      fc.array(units),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 3_000 }),
      (lines, count, limit) => {
        const tail = boundedTail(lines.join('\n'), count, limit);
        expect(bytes(tail)).toBeLessThanOrEqual(limit);
        expect(tail.split('\n').length).toBeLessThanOrEqual(count);
        for (const line of tail.split('\n')) expect(bytes(line)).toBeLessThanOrEqual(LINE_BYTES);
      },
    ),
  );
});

test('a MiB of invalid UTF-8 is a tail and a message of a few KB', () => {
  const decoded = Buffer.alloc(1_048_576, 0xff).toString('utf8');
  expect(bytes(boundedTail(decoded))).toBeLessThanOrEqual(LOG_TAIL_BYTES);
  expect(bytes(messageOf(new Error(decoded)))).toBeLessThanOrEqual(ERROR_BYTES);
});

test.each([
  [new Error('why'), 'why'],
  ['a text', 'a text'],
  [17, '17'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Object.assign(new Error('x'), { message: 5 }), '5'],
  [Object.create(null), 'an error without a message'],
  [
    {
      toString() {
        throw new Error('no');
      },
    },
    'an error without a message',
  ],
])('what %p says is %j', (thrown: unknown, expected) => {
  expect(messageOf(thrown)).toBe(expected);
});
