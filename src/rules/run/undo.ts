/** The undo log of a failed or cancelled run. */
import type { CompensationRecord } from '../../contract/fleet/compensation';
import { intend, planCompensation, transition } from '../change/compensation';
import type { Undo } from '../coordination/state';

/** A run has a single revision. */
const REVISION = 1;

/** Begins the undo of a run, the newest turn first; null if no turn asks for one. */
export function beginUndo(
  fleet: string,
  run: string,
  undos: readonly Undo[],
  why: string,
  at: string,
): CompensationRecord | null {
  if (undos.length === 0) return null;
  const planned = planCompensation({ id: `${fleet}/${run}`, fleet, revision: REVISION, at });
  const oldestFirst = [...undos].sort((a, b) => a.at - b.at);
  const intended = oldestFirst.reduce(
    (record, { agent, turnId }) => intend(record, { kind: 'turn', name: agent, key: turnId }, at),
    planned,
  );
  return transition(intended, { to: 'compensating', attempt: 1, revision: REVISION, at, why }).record;
}
