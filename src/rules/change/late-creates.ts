/**
 * Creates that may land after their own undo. A process's directory and a container's name refuse them; somebody else's service promises
 * no such thing, so it is asked to destroy once more when no create can be on its way any longer.
 */
import type { AgentSpec } from '../../contract/agent';
import type { CompensationEntry } from '../../contract/fleet/compensation';
import type { ErrorBody } from '../../contract/errors';

/** One attempt of a create, in milliseconds (workflows/activities.ts): what it sent is there or lost after this. */
export const CREATE_MS = 30_000;

/**
 * Whether a provider has refused a create for good the first time that it was asked, or could not even be reached: nothing was made, nothing can land
 * late, and there is nothing to undo. So an undo needs nothing that made the create fail.
 */
export function isRefusal({ details }: ErrorBody): boolean {
  return details?.['permanent'] === true && details['attempt'] === 1;
}

/** Whether nothing was ever made of it. */
export function wasNeverMade({ resourceId }: CompensationEntry, refused: boolean): boolean {
  return resourceId === null && refused;
}

/** Whether nobody knows what became of a create that nothing at its provider refuses later. */
export function mayLandLate({ resourceId }: CompensationEntry, { provider, external }: AgentSpec): boolean {
  return provider === 'external' && external?.create !== undefined && resourceId === null;
}
