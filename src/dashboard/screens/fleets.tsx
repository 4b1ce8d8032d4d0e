/** All fleets. */
import type { JSX } from 'preact';
import type { FleetListItem } from '../../contract/fleet';
import { ListScreen } from '../parts/list-screen';
import type { Column } from '../parts/table';
import { State } from '../parts/words';
import { fleets } from '../state/lists';
import { linkTo } from '../state/route';

const COLUMNS: readonly Column<FleetListItem>[] = [
  { name: 'Fleet', sortBy: ({ fleet }) => fleet, show: ({ fleet }) => <a href={linkTo('fleets', fleet)}>{fleet}</a> },
  {
    name: 'State',
    sortBy: ({ state }) => state,
    show: ({ state, problem }) => <State word={problem === null ? state : 'unknown'} />,
  },
  { name: 'Ready', sortBy: ({ ready }) => ready, show: ({ ready, agents }) => `${String(ready)} of ${String(agents)}` },
  { name: 'Revision', sortBy: ({ revision }) => revision, show: ({ revision }) => revision },
  { name: 'Holds', sortBy: ({ holds }) => holds.join(), show: ({ holds }) => holds.join(', ') },
];

/** The list of fleets. */
export function FleetsScreen(): JSX.Element {
  return (
    <ListScreen
      title="Fleets"
      list={fleets}
      columns={COLUMNS}
      keyOf={({ fleet }) => fleet}
      empty="No fleet is there. drover apply -f fleet.yaml makes one."
    />
  );
}
