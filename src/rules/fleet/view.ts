/** Presents a fleet: its view, and the view of a new change. */
import type { ChangeView, FleetView, PlannedChange } from '../../contract/fleet';
import type { Trouble } from '../../contract/trouble';
import { troublesOf } from '../lib/troubles';
import { usageField } from '../lib/turn/usage';
import { waitingProgress } from '../change/run';
import { type FleetState, unsignedFleet } from './state';
import { untoldAgents } from './hold-rounds';

/** The view of a fleet, with the troubles of its workflow. */
export function fleetView(state: FleetState, troubles: readonly Trouble[] = []): FleetView {
  const agents = Object.entries(state.agents).map(([name, { resourceId, revision, doubt }]) => [
    name,
    { resourceId, revision, ...(doubt && { doubt }) },
  ]);
  const { fleet, incarnation, revision, holds, spec, change } = state;
  return {
    fleet,
    incarnation,
    revision,
    change: change?.view ?? null,
    holds,
    agents: Object.fromEntries(agents) as FleetView['agents'],
    spec: unsignedFleet(spec),
    ...usageField(state.usage?.left),
    ...(state.holdsDue ? { untold: untoldAgents(state) } : {}),
    ...troublesOf(troubles),
  };
}

/** The view of a newly accepted change. */
export function acceptedView(
  changeId: string,
  revision: number,
  plan: readonly PlannedChange[],
  state: 'running' | 'done',
): ChangeView {
  return {
    changeId,
    revision,
    state,
    steps: { created: 0, woken: 0, ready: 0, total: plan.length },
    compensation: null,
    error: null,
    agents: plan.map(waitingProgress),
    ids: {},
  };
}
