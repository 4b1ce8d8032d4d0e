/** Tables for people: columns without lines, as wide as the terminal. */
import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { shown } from '../text/control-characters';

const BETWEEN_COLUMNS = 2;
/** The narrowest that a column is cut to; a narrower one says nothing. */
const NARROWEST = 8 + BETWEEN_COLUMNS;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

/**
 * Columns without lines. A terminal of `terminal` columns gets lines that fit: the columns of
 * `losing` are left out first, in that order, then the longest text is cut. Elsewhere, and on a
 * terminal that reports 0 columns, everything is printed.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  losing: readonly string[] = [],
  terminal: number = terminalColumns(),
): string {
  // Escaped before the layout, which counts and cuts characters.
  const cells = rows.map((row) => row.map((cell) => shown(cell, process.stdout.isTTY)));
  const widths = head.map(
    (title, column) =>
      Math.max(title.length, ...cells.map((row) => visibleLength(row[column] ?? ''))) + BETWEEN_COLUMNS,
  );
  const kept = keptColumns(head, widths, losing, terminal);
  const layout = new Table({
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': BETWEEN_COLUMNS, head: [], border: [] },
    head: kept.map((column) => head[column] ?? ''),
    colWidths: fitted(
      kept.map((column) => widths[column] ?? 0),
      terminal,
    ),
  });
  layout.push(...cells.map((row) => kept.map((column) => row[column] ?? '')));
  return layout
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The columns of the terminal; no limit without one, and on one that does not know its width. */
function terminalColumns(): number {
  return (process.stdout.isTTY && process.stdout.columns) || Infinity;
}

/** The columns that fit when each of the others is as narrow as it can be. */
function keptColumns(
  head: readonly string[],
  widths: readonly number[],
  losing: readonly string[],
  terminal: number,
): number[] {
  let kept = head.map((_title, column) => column);
  const least = () => kept.reduce((sum, column) => sum + Math.min(widths[column] ?? 0, NARROWEST), 0);
  const inOrder = [...losing.map((title) => head.indexOf(title)), ...kept.slice(1).reverse()];
  // The others get the width of the first columns of `losing`.
  for (const column of losing.map((title) => head.indexOf(title))) {
    const whole = kept.reduce((sum, each) => sum + (widths[each] ?? 0), 0) - BETWEEN_COLUMNS;
    if (whole > terminal) kept = kept.filter((each) => each !== column);
  }
  for (const column of inOrder) if (least() - BETWEEN_COLUMNS > terminal) kept = kept.filter((each) => each !== column);
  return kept;
}

/** Narrows the widest column, again and again, until the line fits. The last one needs no space after it. */
function fitted(widths: readonly number[], terminal: number): number[] {
  const narrowed = [...widths];
  let over = narrowed.reduce((sum, width) => sum + width, 0) - BETWEEN_COLUMNS - terminal;
  while (over > 0) {
    const widest = Math.max(...narrowed);
    // The last of the widest ones: names stand in front.
    const column = narrowed.lastIndexOf(widest);
    const next = Math.max(...narrowed.filter((width) => width < widest), BETWEEN_COLUMNS + 1);
    const by = Math.min(over, Math.max(1, widest - next));
    narrowed[column] = widest - by;
    over -= by;
    if (widest <= BETWEEN_COLUMNS + 1) break;
  }
  return narrowed;
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
