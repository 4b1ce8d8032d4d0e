/** The decisions about an accepted change: where it runs, and what the fleet owns after it. */
import type { AgentSpec } from '../../contract/agent';
import type {
  AgentChange,
  AgentGone,
  ChangeView,
  PlannedChange,
  ProvisionInput,
  ProvisionResult,
} from '../../contract/fleet';
import type { CompensationRecord, EntryOutcome } from '../../contract/fleet/compensation';
import { withChange } from './change';
import { signedAgents, type OwnedWithSpec, differingFields } from './plan/plan';
import { type FleetState, type FleetChange, isChanging } from './state';

/** Where a change runs: the worker's installation, and the host of its process provider. */
export interface Place {
  readonly installation: string;
  readonly host: string;
}

/** Completes the change with every key, before its saga starts. */
export function placeChange(state: FleetState, place: Place): FleetState {
  const { change } = state;
  if (change?.step !== 'place') return state;
  const desired = new Map(signedAgents(change.spec, state.agents, state.spec).map((spec) => [spec.name, spec]));
  const { revision, changeId } = change.view;
  const input: ProvisionInput = {
    v: 1,
    fleet: state.fleet,
    incarnation: state.incarnation,
    revision,
    changeId,
    host: place.host,
    provisioning: change.spec.provisioning ?? state.spec.provisioning ?? {},
    holds: state.holds,
    ...(change.forget && { forget: true as const }),
    ...(state.agentsPerPart === null ? {} : { agentsPerPart: state.agentsPerPart }),
    changes: change.plan.map((planned) => {
      const key = `${place.installation}.${state.incarnation}.${String(revision)}.${planned.agent}`;
      return toAgentChange(planned, desired.get(planned.agent) ?? null, state.agents[planned.agent] ?? null, key);
    }),
  };
  return withChange(state, { ...change, step: 'check', input });
}

function toAgentChange(
  planned: PlannedChange,
  spec: AgentSpec | null,
  previous: OwnedWithSpec | null,
  key: string,
): AgentChange {
  const creates = planned.kind === 'create' || planned.kind === 'replace';
  return { ...planned, spec, previous, key: creates ? key : null };
}

/**
 * Ends the change with its saga's result: updates the id map, and the spec if the change is done
 * or kept.
 */
export function settleChange(state: FleetState, { change: view, agents, record }: ProvisionResult): FleetState {
  const { change } = state;
  if (!change?.input) return state;
  const taken = view.state === 'done' || view.state === 'kept';
  const owned: Record<string, OwnedWithSpec> = { ...state.agents };
  for (const { agent, spec, previous } of change.input.changes) {
    const now = agents[agent];
    const its = now && now.revision === view.revision ? spec : previous?.spec;
    delete owned[agent];
    if (now && its) owned[agent] = { ...now, spec: its };
  }
  return {
    ...state,
    agents: owned,
    spec: taken ? change.spec : state.spec,
    // Agents that the change started have the holds of its beginning.
    holdsDue: state.holdsDue || differingFields(change.input.holds, state.holds).length > 0,
    change: { ...change, step: 'ended', view, ...openUndo(view, change.input, record) },
  };
}

/**
 * The record for a later compensation: the undo log and the changes that it may undo; null if
 * nothing is left to undo.
 */
function openUndo(
  { state }: ChangeView,
  input: ProvisionInput,
  record: CompensationRecord,
): Pick<FleetChange, 'record' | 'input'> {
  if (state === 'done' || record.entries.length === 0) return { record: null, input: null };
  const open = new Set(record.entries.flatMap(({ key, outcome }) => (isOpen(outcome) ? [key] : [])));
  // The undo touches only what the change itself created.
  const changes = input.changes.flatMap((part) =>
    part.key !== null && open.has(part.key) ? [{ ...part, previous: null }] : [],
  );
  return { record, input: { ...input, changes } };
}

function isOpen(outcome: EntryOutcome): boolean {
  return outcome === 'pending' || outcome === 'failed';
}

/**
 * Forgets an agent that ended with its resource, for example by `terminate`, so that the next apply
 * creates it again. For an agent in a running change, the end of the change decides.
 */
export function forgetAgent(state: FleetState, { agent, incarnation, key }: AgentGone): FleetState {
  const its = incarnation === state.incarnation && state.agents[agent]?.key === key;
  const isInChange = isChanging(state) && state.change?.plan.some((planned) => planned.agent === agent);
  if (!its || isInChange) return state;
  const { [agent]: _gone, ...agents } = state.agents;
  return { ...state, agents };
}

/** The change could not start and created nothing: the fleet stays as it was. */
export function abandonChange(state: FleetState, error: string): FleetState {
  const { change } = state;
  if (!change) return state;
  return withChange(state, { ...change, step: 'ended', view: { ...change.view, state: 'failed', error } });
}
