/** All fleets. */
import type { JSX } from 'preact';
import type { FleetListItem } from '../../contract/fleet';
import { ListScreen } from '../parts/list-screen';
import type { Column } from '../parts/table';
import { State } from '../parts/words';
import { fleets } from '../state/lists';
import { linkTo } from '../state/route';

const COLUMNS: readonly Column<FleetListItem>[] = [
  {
    name: 'Fleet',
    width: 22,
    sortBy: ({ fleet }) => fleet,
    show: ({ fleet }) => <a href={linkTo('fleets', fleet)}>{fleet}</a>,
  },
  {
    name: 'State',
    width: 14,
    sortBy: ({ state }) => state,
    show: ({ state, problem }) => <State word={problem === null ? state : 'unknown'} />,
  },
  {
    name: 'Ready',
    width: 14,
    sortBy: ({ ready }) => ready,
    show: ({ ready, agents }) => `${String(ready)} of ${String(agents)}`,
  },
  { name: 'Revision', width: 11, sortBy: ({ revision }) => revision, show: ({ revision }) => revision },
  { name: 'Holds', width: 14, sortBy: ({ holds }) => holds.join(), show: ({ holds }) => holds.join(', ') },
];

/** The list of fleets. */
export function FleetsScreen(): JSX.Element {
  return (
    <ListScreen
      title="Fleets"
      list={fleets}
      columns={COLUMNS}
      keyOf={({ fleet }) => fleet}
      empty={
        <>
          No fleet is there. <code>drover apply -f fleet.yaml</code> makes one.
        </>
      }
    />
  );
}
