/** The owner of a fleet's state. */
import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Hold } from '../../contract/agent';
import { FLEET_MEMO } from '../../contract/fleet';
import { fleetCard } from '../../rules/fleet/card';
import { withEvents } from '../../rules/fleet/log';
import { fleetTold } from '../../rules/fleet/told';
import type { FleetState } from '../../rules/fleet/state';
import { addIgnored } from '../../rules/lib/troubles';
import { answerLogs, begun, createGrowth } from '../shared/log';
import { markEnd } from '../shared/mark';
import { ensureKeywords } from '../shared/search-attributes';
import type { Ignore } from '../shared/messages/receive';
import { type Supervisor, createSupervisor } from '../shared/supervise';
import { isoNow, stampMs } from '../shared/iso-now';

/** The fleet's state and the only way to change it. */
export interface FleetMachine {
  /** Replaced as a whole, never changed in place. */
  readonly state: FleetState;
  /** Runs the work beside the main loop. The card shows its troubles. */
  readonly supervisor: Supervisor;
  /** Whether a dry run has been answered. A workflow without a fleet ends then. */
  dryRun: boolean;
  /** Sends the holds to the workflow of the running change; null while no change runs. */
  tellChange: ((holds: readonly Hold[]) => Promise<void>) | null;
  /** Replaces the state and shows the new one. */
  become(state: FleetState): void;
  /** Counts a message without effect, and shows the reason. */
  readonly ignore: Ignore;
  /** Writes into the history that a change has ended (shared/mark.ts). */
  mark(): void;
}

/** Creates a machine that publishes each state in the card and the search attributes. */
export function createMachine(first: FleetState): FleetMachine {
  let state: FleetState = { ...first, log: begun(first.log) };
  const show = (): void => setCurrentDetails(fleetCard(state, supervisor.troubles()));
  const supervisor = createSupervisor(show);
  const showHolds = (): void => upsertSearchAttributes({ DroverHolds: state.holds.map(({ name }) => name) });
  const tell = (): void => {
    const told = fleetTold(state);
    if (JSON.stringify(workflowInfo().memo?.[FLEET_MEMO]) !== JSON.stringify(told)) upsertMemo({ [FLEET_MEMO]: told });
  };
  ensureKeywords({ DroverFleet: state.fleet });
  answerLogs(() => state.log);
  const markGrowth = createGrowth();
  show();
  const machine: FleetMachine = {
    supervisor,
    get state() {
      return state;
    },
    dryRun: false,
    tellChange: null,
    become(decided) {
      const next = withEvents(state, decided, stampMs());
      markGrowth(state.log, next.log);
      const holdsChanged = next.holds !== state.holds;
      state = next;
      show();
      tell();
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
