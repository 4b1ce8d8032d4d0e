/** The screen of a list: its title, its problem, its table. */
import type { JSX } from 'preact';
import type { List } from '../state/lists';
import { Table, type TableProps } from './table';
import { Problem } from './words';

/** A list with its columns. */
export interface ListScreenProps<T> extends Pick<TableProps<T>, 'columns' | 'keyOf' | 'empty'> {
  readonly title: string;
  readonly list: List<T>;
}

/** The screen. */
export function ListScreen<T>({ title, list, ...table }: ListScreenProps<T>): JSX.Element {
  const { items, problem, readAt } = list.read.value;
  return (
    <>
      <h1>{title}</h1>
      <Problem text={problem} />
      <Table label={title} rows={items} isRead={readAt !== null} {...table} />
    </>
  );
}
