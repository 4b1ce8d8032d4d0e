/** Undo logs for tests, and steps on them. */
import type { CompensationRecord } from '../../../src/contract/fleet/compensation';
import { intend, planCompensation, transition, type TransitionResult } from '../../../src/rules/change/compensation';

export const AT = '2026-01-01T00:00:00.000Z';

export const LATER = '2026-01-01T00:01:00.000Z';

export const REVISION = 3;

export function planned(...names: string[]): CompensationRecord {
  const empty = planCompensation({ id: 'mars.3', fleet: 'mars', revision: REVISION, at: AT });
  return names.reduce((record, name) => intend(record, { kind: 'process', name, key: `key-${name}` }, AT), empty);
}

export function begin(record: CompensationRecord, attempt: number, revision = REVISION): TransitionResult {
  return transition(record, { to: 'compensating', attempt, revision, at: LATER, why: 'A failed' });
}

export function accepted(result: TransitionResult): CompensationRecord {
  if (result.refused) throw result.refused;
  return result.record;
}
