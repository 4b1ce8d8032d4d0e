/**
 * Creates that may land after their own undo. A process's directory and a container's name refuse them; somebody else's service promises
 * no such thing, so it is asked to destroy once more when no create can be on its way any longer.
 */
import type { AgentSpec } from '../contract/agent';
import type { CompensationEntry } from '../contract/compensation';
import type { ErrorBody } from '../contract/errors';

/** One attempt of a create, in milliseconds (workflows/activities.ts): what it sent is there or lost after this. */
export const CREATE_MS = 30_000;

/** Whether a provider has refused a call for good the first time that it was made: nothing of it was sent before. */
export function isRefusal({ details }: ErrorBody): boolean {
  return details?.['permanent'] === true && details['attempt'] === 1;
}

/** Whether nobody knows what became of a create that nothing at its provider refuses later. */
export function mayLandLate(entry: CompensationEntry, spec: AgentSpec, refused: boolean): boolean {
  return spec.provider === 'external' && spec.external?.create !== undefined && entry.resourceId === null && !refused;
}
