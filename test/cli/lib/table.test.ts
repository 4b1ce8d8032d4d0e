/** A table fits the terminal: it loses its least important columns, then cuts its longest texts, and never wraps. */
import fc from 'fast-check';
import { table } from '../../../src/cli/lib/table';
import { runs } from '../../support/runs';

const HEAD = ['NAME', 'STATE', 'STARTED', 'ENDED'];
const ROW = ['mars/run-849c8c75', 'completed', '2026-11-28T08:51:00.000Z', '2026-11-28T08:52:00.000Z'];
const linesOf = (text: string) => text.split('\n');

test('without a terminal, and on one of 0 columns, everything is printed', () => {
  const whole = `${ROW[0] ?? ''}  completed  ${ROW[2] ?? ''}  ${ROW[3] ?? ''}`;
  expect(linesOf(table(HEAD, [ROW], ['STARTED'], Infinity))[1]).toBe(whole);
  expect(linesOf(table(HEAD, [ROW], ['STARTED']))[1]).toBe(whole);
});

test('at 60 columns the least important column goes first, the others stay whole', () => {
  expect(linesOf(table(HEAD, [ROW], ['STARTED', 'ENDED'], 60))).toEqual([
    'NAME               STATE      ENDED',
    `${ROW[0] ?? ''}  completed  ${ROW[3] ?? ''}`,
  ]);
  expect(linesOf(table(HEAD, [ROW], ['STARTED', 'ENDED'], 40))[0]).toBe('NAME               STATE');
});

test('a long text is cut if no column may go', () => {
  const [, line = ''] = linesOf(table(['CHECK', 'WHAT TO DO'], [['temporal', 'x'.repeat(100)]], [], 60));
  expect(line).toBe(`temporal  ${'x'.repeat(49)}…`);
});

test('no line is longer than the terminal, and the first column is always there', () => {
  const cell = fc.string({ unit: 'grapheme-ascii', maxLength: 80 });
  const shape = fc.integer({ min: 1, max: 8 }).chain((columns) =>
    fc.record({
      rows: fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 4 }),
      losing: fc.subarray(Array.from({ length: columns - 1 }, (_, column) => `COLUMN${String(column + 1)}`)),
      columns: fc.constant(columns),
      terminal: fc.integer({ min: 20, max: 200 }),
    }),
  );
  fc.assert(
    fc.property(shape, ({ rows, losing, columns, terminal }) => {
      const head = Array.from({ length: columns }, (_, column) => `COLUMN${String(column)}`);
      const lines = linesOf(table(head, rows, losing, terminal));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(terminal);
      expect(lines).toHaveLength(rows.length + 1);
      expect(lines[0]).toMatch(/^COLUMN0|^C.*…/);
    }),
    { numRuns: runs(300) },
  );
});
