/** The events of a fleet's changes: what a step of its state adds to its log. */
import type { ChangeRef } from '../../contract/event/data';
import type { NewEntry } from '../../contract/event/log';
import type { ChangeState } from '../../contract/fleet';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { append, appendAll } from '../lib/log/log';
import { byField } from '../lib/origin';
import type { FleetChange, FleetState } from './state';

type EndType = 'change.completed' | 'change.compensated' | 'change.failed';

/** The event of each end; a kept change has failed and stays as it is. */
const ENDS: Readonly<Record<Exclude<ChangeState, 'running'>, EndType>> = {
  done: 'change.completed',
  rolled_back: 'change.compensated',
  failed: 'change.failed',
  kept: 'change.failed',
};

/** The state with the events that led from `before` to it, at a time (epoch ms). */
export function withEvents(before: FleetState, after: FleetState, now: number): FleetState {
  const events = eventsBetween(before, after);
  return events.length === 0 ? after : { ...after, log: appendAll(after.log, events, now) };
}

/** The state with the event of a command at this time (ISO 8601), which moves nothing that `withEvents` would see. */
export function withCommand(state: FleetState, entry: NewEntry, at: string): FleetState {
  return { ...state, log: append(state.log, entry, Date.parse(at)) };
}

function eventsBetween({ change: earlier }: FleetState, { fleet, change }: FleetState): NewEntry[] {
  if (change === null || change === earlier) return [];
  const isNew = change.view.changeId !== earlier?.view.changeId;
  const wasOver = !isNew && earlier?.step === 'ended';
  const ref = refOf(fleet, change);
  const { cancel } = change;
  return [
    ...(isNew ? [startOf(ref, change)] : []),
    ...(cancel !== undefined && (isNew || earlier?.cancel === undefined) ? [cancelOf(ref, change)] : []),
    ...(change.step === 'ended' && !wasOver ? endOf(ref, change) : []),
  ];
}

function refOf(fleet: string, { view: { revision, changeId } }: FleetChange): ChangeRef {
  return { fleet, revision, changeId };
}

function startOf(ref: ChangeRef, { kind, plan, given }: FleetChange): NewEntry {
  return { type: 'change.started', data: { ...ref, ...byField(given ?? {}), kind, agents: plan.length } };
}

function cancelOf(ref: ChangeRef, { cancel, cancelGiven }: FleetChange): NewEntry {
  const reason = cancel?.reason;
  return { type: 'change.cancelled', data: { ...ref, ...byField(cancelGiven ?? {}), reason: reason ?? null } };
}

function endOf(ref: ChangeRef, { view: { state, steps, error } }: FleetChange): NewEntry[] {
  if (state === 'running') return [];
  const why = error === null ? null : boundedText(error, SHORT_BYTES);
  return [{ type: ENDS[state], data: { ...ref, state, steps, error: why } }];
}
