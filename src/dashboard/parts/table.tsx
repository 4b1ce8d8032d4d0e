/** Tables that sort and filter, with both kept in the address. Only the rows in sight are drawn. */
import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { route, setQuery } from '../state/route';
import { Reading } from './words';

/** A column. `sortBy` gives what the rows are sorted and filtered by; without it they are by neither. */
export interface Column<T> {
  readonly name: string;
  /** Its least width in characters. Columns share what is left over, so none moves when a row changes. */
  readonly width: number;
  readonly show: (row: T) => ComponentChildren;
  readonly sortBy?: (row: T) => string | number;
}

/** A table of rows. */
export interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  /** The text of a table without rows. */
  readonly empty: ComponentChildren;
  /** Whether the rows have been read: before that, nothing is said of them. */
  readonly isRead: boolean;
  /** Told the keys of the rows that are drawn, at each change of them. */
  readonly onDrawn?: (keys: readonly string[]) => void;
}

/** The height of a row, in pixels: style.css gives it to the rows of a long table. */
const ROW_PX = 36;
/** Tables with more rows are drawn in part. */
const MOST_ROWS = 50;

/** The table with its filter. */
export function Table<T>({ label, rows, columns, keyOf, empty, isRead, onDrawn }: TableProps<T>): JSX.Element {
  const { filter = '', sort = '' } = route.value.query;
  const shown = sorted(filtered(rows, columns, filter), columns, sort);
  if (!isRead) return <Reading />;
  if (rows.length === 0) return <p class="quiet">{empty}</p>;
  return (
    <>
      <p>
        <label>
          Filter{' '}
          <input type="search" value={filter} onInput={(event) => setQuery('filter', event.currentTarget.value)} />
        </label>{' '}
        <span class="quiet count" role="status">
          {shown.length} of {rows.length}
        </span>
      </p>
      <Rows label={label} rows={shown} columns={columns} keyOf={keyOf} sort={sort} onDrawn={onDrawn} />
    </>
  );
}

function filtered<T>(rows: readonly T[], columns: readonly Column<T>[], filter: string): readonly T[] {
  const wanted = filter.toLowerCase();
  if (wanted === '') return rows;
  return rows.filter((row) =>
    columns.some(({ sortBy }) => sortBy !== undefined && String(sortBy(row)).toLowerCase().includes(wanted)),
  );
}

/** `sort` is a column's name, with a minus for the other direction; the first column by default. */
function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], sort: string): readonly T[] {
  const column = columns.find(({ name }) => name === sort.replace(/^-/, '')) ?? columns[0];
  const by = column?.sortBy;
  if (by === undefined) return rows;
  const direction = sort.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [by(a), by(b)];
    return left === right ? 0 : (left < right ? -1 : 1) * direction;
  });
}

type RowsProps<T> = Omit<TableProps<T>, 'empty' | 'isRead' | 'onDrawn'> & {
  readonly sort: string;
  readonly onDrawn: TableProps<T>['onDrawn'] | undefined;
};

function Rows<T>({ label, rows, columns, keyOf, sort, onDrawn }: RowsProps<T>): JSX.Element {
  const isLong = rows.length > MOST_ROWS;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useLayoutEffect(() => setHeight(box.current?.clientHeight ?? 600), [isLong]);
  const first = isLong ? Math.max(0, Math.floor(top / ROW_PX) - 10) : 0;
  const last = isLong ? Math.min(rows.length, first + Math.ceil(height / ROW_PX) + 20) : rows.length;
  const drawn = rows.slice(first, last);
  const keys = drawn.map(keyOf);
  useLayoutEffect(() => onDrawn?.(keys), [keys.join()]);
  return (
    <div
      ref={box}
      class={isLong ? 'scroll long' : 'scroll'}
      role="region"
      aria-label={label}
      tabIndex={0}
      onScroll={(event) => isLong && setTop(event.currentTarget.scrollTop)}
    >
      <table class="fixed" aria-rowcount={rows.length + 1} style={{ minWidth: `${String(sumOfWidths(columns))}ch` }}>
        <colgroup>
          {columns.map(({ name, width }, index) => (
            // On a narrow screen the first column leaves room for the second one.
            <col key={name} style={{ width: index === 0 ? `min(${String(width)}ch, 48vw)` : `${String(width)}ch` }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ name, sortBy }) =>
              sortBy === undefined ? (
                <th key={name} scope="col">
                  {name}
                </th>
              ) : (
                <th key={name} scope="col" aria-sort={directionOf(sort, name)}>
                  <button class="plain" onClick={() => setQuery('sort', sort === name ? `-${name}` : name)}>
                    {name}
                  </button>
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <Gap rows={first} columns={columns.length} />}
          {drawn.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, show, sortBy }) => (
                // A long row has one line. Its whole text is its title.
                <td key={name} title={isLong && sortBy ? String(sortBy(row)) : undefined}>
                  {show(row)}
                </td>
              ))}
            </tr>
          ))}
          {last < rows.length && <Gap rows={rows.length - last} columns={columns.length} />}
        </tbody>
      </table>
    </div>
  );
}

function sumOfWidths(columns: readonly { readonly width: number }[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0);
}

function directionOf(sort: string, name: string): 'ascending' | 'descending' | 'none' {
  if (sort === name) return 'ascending';
  return sort === `-${name}` ? 'descending' : 'none';
}

function Gap({ rows, columns }: { readonly rows: number; readonly columns: number }): JSX.Element {
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height: `${String(rows * ROW_PX)}px`, padding: 0 }} />
    </tr>
  );
}
