import fc from 'fast-check';
import { ShownBytes, shown } from '../../../src/cli/text/control-characters';
import { facts, table } from '../../../src/cli/lib/output';

/** The characters that a terminal obeys, but for line break and tab. */
const OBEYED = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** Two escapes around a word, which a terminal shows in a colour. */
const PAINTED = /\p{Cc}\[\d+m\P{Cc}*\p{Cc}\[\d+m/gu;

test.each([
  ['\u001b]0;owned title\u0007', '\\u001b]0;owned title\\u0007'],
  ['\u001b[2J\u001b[H', '\\u001b[2J\\u001b[H'],
  ['over\rwritten', 'over\\rwritten'],
  ['a line\r\nand another\tone\n', 'a line\nand another\tone\n'],
  ['\u009b2J\u007f\u0000', '\\u009b2J\\u007f\\u0000'],
  ['\u202eabc\u2066', '\\u202eabc\\u2066'],
  ['日本語 é 😀', '日本語 é 😀'],
])('%j is shown as %j', (text, expected) => {
  expect(shown(text, false)).toBe(expected);
  expect(shown(text, true)).toBe(expected);
});

test('painted words stay painted with colours, and nothing else is sent', () => {
  const painted = '\u001b[32mrunning\u001b[39m';
  expect(shown(`${painted}\u001b[2J`, true)).toBe(`${painted}\\u001b[2J`);
  expect(shown(painted, false)).toBe('\\u001b[32mrunning\\u001b[39m');
  expect(shown('\u001b[31mnever ended', true)).toBe('\\u001b[31mnever ended');
  expect(shown('\u001b[32m\u001b[8m\u001b[39m', true)).toBe('\\u001b[32m\\u001b[8m\\u001b[39m');
  expect(shown('\u009b[32mrunning\u009b[39m', true)).not.toMatch(OBEYED);
});

test('property: nothing that a terminal obeys is left, and twice is once', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\u001b', '[', '2', 'm', '3', '9', '\r', '\n', '\u009b', '\u202e'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    ),
    size: 'max',
    maxLength: 200,
  });
  fc.assert(
    fc.property(hostile, (text) => {
      expect(shown(text, false)).not.toMatch(OBEYED);
      expect(shown(text, true).replace(PAINTED, '')).not.toMatch(OBEYED);
      expect(shown(shown(text, false), false)).toBe(shown(text, false));
      // In JSON a control character stands within a string, where its escape is the same.
      expect(JSON.parse(shown(JSON.stringify([text]), false))).toEqual([text]);
    }),
  );
});

test('tables and facts show what is in their cells', () => {
  expect(table(['NAME'], [['a\u001b[2J']])).not.toMatch(OBEYED);
  expect(shown(facts([['why', '\u001b]0;x\u0007']]), false)).not.toMatch(OBEYED);
});

test('a stream of bytes is read whole characters at a time', () => {
  const bytes = Buffer.from('日本\u001b[2J😀');
  const reader = new ShownBytes();
  const pieces = [...bytes].map((byte) => reader.piece(Uint8Array.of(byte)));
  expect(pieces.join('') + reader.end()).toBe('日本\\u001b[2J😀');
});
