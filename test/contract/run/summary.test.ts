/** The task in one line, within the bytes that a summary may have. */
import { utf8Bytes } from '../../../src/contract/text';
import { SUMMARY_BYTES, taskSummary } from '../../../src/contract/run/summary';

test.each([
  ['Collect the letters', 'Collect the letters'],
  [' two\n\nlines\tand more ', 'two lines and more'],
  [{ topic: 'Mars', words: 3 }, '{"topic":"Mars","words":3}'],
  [7, '7'],
  [null, 'null'],
  ['', 'an empty task'],
  [' \n ', 'an empty task'],
  ['\ud800 alone', '\ufffd alone'],
])('%j', (task, summary) => {
  expect(taskSummary(task)).toBe(summary);
});

test.each(['a', 'é', '€', '😀', 'ab😀'])('a long task of %s is cut at a whole character', (character) => {
  const summary = taskSummary(character.repeat(100_000));
  expect(summary.endsWith('…')).toBe(true);
  expect(utf8Bytes(summary)).toBeLessThanOrEqual(SUMMARY_BYTES);
  expect(utf8Bytes(summary)).toBeGreaterThan(SUMMARY_BYTES - 6);
  expect(utf8Bytes(taskSummary(character.repeat(150)))).toBeLessThanOrEqual(SUMMARY_BYTES);
  expect(character.repeat(1_000).startsWith(summary.slice(0, -1))).toBe(true);
  expect(summary).not.toContain('\ufffd');
});

test('white space does not hide that a task goes on', () => {
  expect(taskSummary(`a${' '.repeat(2_000)}b`)).toBe('a…');
  expect(taskSummary(`${' '.repeat(999)}😀`)).toBe('an empty task');
});

test.each([199, 200, 201])('a task of %i bytes', (bytes) => {
  const summary = taskSummary('x'.repeat(bytes));
  expect(summary).toBe(bytes > 200 ? `${'x'.repeat(197)}…` : 'x'.repeat(bytes));
});
