/** All runs. */
import type { JSX } from 'preact';
import type { RunListItem } from '../../contract/run';
import { ListScreen } from '../parts/list-screen';
import type { Column } from '../parts/table';
import { Ago, Name, State } from '../parts/words';
import { runs } from '../state/lists';
import { linkTo } from '../state/route';

const COLUMNS: readonly Column<RunListItem>[] = [
  {
    name: 'Run',
    width: 22,
    sortBy: ({ fleet, run }) => `${fleet}/${run}`,
    show: ({ fleet, run }) => (
      <a href={linkTo('runs', fleet, run)}>
        <Name text={`${fleet}/${run}`} />
      </a>
    ),
  },
  { name: 'State', width: 14, sortBy: ({ state }) => state, show: ({ state }) => <State word={state} /> },
  {
    name: 'Started',
    width: 12,
    sortBy: ({ startedAt }) => startedAt ?? '',
    show: ({ startedAt }) => <Ago at={startedAt} />,
  },
  {
    name: 'Ended',
    width: 12,
    sortBy: ({ endedAt }) => endedAt ?? '',
    show: ({ endedAt }) => (endedAt === null ? '' : <Ago at={endedAt} />),
  },
];

/** The list of runs. */
export function RunsScreen(): JSX.Element {
  return (
    <ListScreen
      title="Runs"
      list={runs}
      columns={COLUMNS}
      keyOf={({ fleet, run }) => `${fleet}/${run}`}
      empty="No run is there. A fleet's screen starts one."
    />
  );
}
