/** All runs. */
import type { JSX } from 'preact';
import type { RunListItem } from '../../contract/run';
import { type Column, Table } from '../parts/table';
import { Age, Problem, State } from '../parts/words';
import { runs } from '../state/lists';
import { linkTo } from '../state/route';

const COLUMNS: readonly Column<RunListItem>[] = [
  {
    name: 'Run',
    sortBy: ({ fleet, run }) => `${fleet}/${run}`,
    show: ({ fleet, run }) => (
      <a href={linkTo('runs', fleet, run)}>
        {fleet}/{run}
      </a>
    ),
  },
  { name: 'State', sortBy: ({ state }) => state, show: ({ state }) => <State word={state} /> },
  { name: 'Started', sortBy: ({ startedAt }) => startedAt ?? '', show: ({ startedAt }) => <Age at={startedAt} /> },
  {
    name: 'Ended',
    sortBy: ({ endedAt }) => endedAt ?? '',
    show: ({ endedAt }) => (endedAt === null ? '' : <Age at={endedAt} />),
  },
];

/** The list of runs. */
export function RunsScreen(): JSX.Element {
  const { items, problem } = runs.value.value;
  return (
    <>
      <h1>Runs</h1>
      <Problem text={problem} />
      <Table
        label="Runs"
        rows={items}
        columns={COLUMNS}
        keyOf={({ fleet, run }) => `${fleet}/${run}`}
        empty="No run is there. A fleet's screen starts one."
      />
    </>
  );
}
