/** The events of a fleet's changes: what a step of its state adds to its log. */
import type { ChangeRef } from '../../contract/event/data';
import type { NewEntry } from '../../contract/event/log';
import type { ChangeState } from '../../contract/fleet';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { appendAll } from '../lib/log/log';
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

function eventsBetween({ change: earlier }: FleetState, { fleet, change }: FleetState): NewEntry[] {
  if (change === null || change === earlier) return [];
  const isNew = change.view.changeId !== earlier?.view.changeId;
  const wasOver = !isNew && earlier?.step === 'ended';
  const ref = refOf(fleet, change);
  const { cancel } = change;
  return [
    ...(isNew ? [startOf(ref, change)] : []),
    ...(cancel !== undefined && (isNew || earlier?.cancel === undefined) ? [cancelOf(ref, cancel.reason)] : []),
    ...(change.step === 'ended' && !wasOver ? endOf(ref, change) : []),
  ];
}

function refOf(fleet: string, { view: { revision, changeId } }: FleetChange): ChangeRef {
  return { fleet, revision, changeId };
}

function startOf(ref: ChangeRef, { kind, plan }: FleetChange): NewEntry {
  return { type: 'change.started', data: { ...ref, kind, agents: plan.length } };
}

function cancelOf(ref: ChangeRef, reason: string | undefined): NewEntry {
  return { type: 'change.cancelled', data: { ...ref, reason: reason ?? null } };
}

function endOf(ref: ChangeRef, { view: { state, steps, error } }: FleetChange): NewEntry[] {
  if (state === 'running') return [];
  const why = error === null ? null : boundedText(error, SHORT_BYTES);
  return [{ type: ENDS[state], data: { ...ref, state, steps, error: why } }];
}
