/** The one owner of a fleet's state. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Hold } from '../../contract/agent';
import { fleetCard } from '../../rules/fleet/card';
import type { FleetState } from '../../rules/fleet/state';
import { addIgnored } from '../../rules/lib/troubles';
import { markEnd } from '../shared/mark';
import { ensureKeywords } from '../shared/search-attributes';
import type { Ignore } from '../shared/receive';
import { type Supervisor, createSupervisor } from '../shared/supervise';
import { isoNow } from '../shared/iso-now';

export interface FleetMachine {
  /** Exchanged, never changed in place. */
  readonly state: FleetState;
  /** Does what the fleet does beside its main loop; its troubles are in the card. */
  readonly supervisor: Supervisor;
  /** Whether a dry run has been answered: reason enough for a fleet that is none to end. */
  dryRun: boolean;
  /** Tells the workflow of the running change; null while there is none. */
  tellChange: ((holds: readonly Hold[]) => Promise<void>) | null;
  /** Takes a new state, and shows it. */
  become(state: FleetState): void;
  /** Counts a message that changes nothing, and shows why. */
  readonly ignore: Ignore;
  /** Writes into the history that a change has ended (shared/mark.ts). */
  mark(): void;
}

/** A machine that shows what it becomes: details card and search attributes. */
export function createMachine(first: FleetState): FleetMachine {
  let state = first;
  const show = (): void => setCurrentDetails(fleetCard(state, supervisor.troubles()));
  const supervisor = createSupervisor(show);
  const showHolds = (): void => upsertSearchAttributes({ DroverHolds: state.holds.map(({ name }) => name) });
  ensureKeywords({ DroverFleet: state.fleet });
  show();
  const machine: FleetMachine = {
    supervisor,
    get state() {
      return state;
    },
    dryRun: false,
    tellChange: null,
    become(next) {
      const holdsChanged = next.holds !== state.holds;
      state = next;
      show();
      if (holdsChanged) showHolds();
    },
    ignore(what, why) {
      machine.become({ ...state, ignored: addIgnored(state.ignored, what, why, isoNow()) });
    },
    mark() {
      markEnd({ revision: state.revision, change: state.change?.view.state ?? null });
    },
  };
  return machine;
}
