/** Texts that are not YAML, not a fleet, or not to be followed. */
import fc from 'fast-check';
import { GOOD, refused } from './fleet-texts';

test.each(['', '\n\n', '# only a comment\n', '---\n', '\uFEFF'])('an empty file says so: %j', (text) => {
  expect(refused(text).message).toBe('fleet.yaml:1:1: the file is empty; drover init writes a first one');
});

test('syntax errors of YAML, with line and column', () => {
  expect(refused('spec:\n  agents: [\n').message).toMatch(/^fleet\.yaml:3:1: .*flow/i);
  expect(refused('kind: Fleet\nkind: Fleet\n').message).toMatch(/^fleet\.yaml:2:1: .*unique/);
  expect(refused('a: *nothing\n').message).toMatch(/^fleet\.yaml:1:4: .*alias/i);
});

test('a bomb of aliases is refused', () => {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [index, name] of [...'bcdefg'].entries()) {
    const before = 'abcdefg'[index] ?? 'a';
    levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  expect(refused(levels.join('\n')).message).toMatch(/alias/i);
});

test.each(['', 'just text', '[]', '42', 'null'])('no fleet at all: %j', (text) => {
  expect(refused(text).errors.length).toBeGreaterThan(0);
});

test('property: any text is read or refused, and every problem has a place in the text', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'spec:',
      '\n',
      '  ',
      'agents:',
      '- name: A',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '"',
      '&a',
      '*a',
      'x',
      '#',
      '|',
      '\t',
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map((list) => list.join('')),
      ),
      (text) => {
        const lines = text.split('\n').length + 1;
        for (const { line, column } of refused(text).errors) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(column).toBeGreaterThanOrEqual(1);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a second document is reported as one', () => {
  expect(refused(`${GOOD}---\n${GOOD}`).message).toMatch(
    /: a second document begins here; a file holds one fleet or one scenario$/,
  );
});
