/**
 * Creates that may land after their own undo. The directory of a process and the name of a
 * container refuse them. An external service may not, so Drover calls its destroy again once every
 * create has landed or is lost.
 */
import type { AgentSpec } from '../../contract/agent';
import type { CompensationEntry } from '../../contract/fleet/compensation';
import type { ErrorBody } from '../../contract/errors';

/**
 * The timeout of one attempt of a create, in milliseconds. After it, the request has landed or is
 * lost.
 */
export const CREATE_TIMEOUT_MS = 30_000;

/**
 * Whether the provider refused the first attempt of a create for good, or could not be reached at
 * all. Nothing was created then, so that an undo needs nothing that made the create fail.
 */
export function isRefusal({ details }: ErrorBody): boolean {
  return details?.['permanent'] === true && details['attempt'] === 1;
}

/** Whether the resource of an entry was never created. */
export function wasNeverMade({ resourceId }: CompensationEntry, refused: boolean): boolean {
  return resourceId === null && refused;
}

/** Whether a create with an unknown outcome may still land at its external service. */
export function mayLandLate({ resourceId }: CompensationEntry, { provider, external }: AgentSpec): boolean {
  return provider === 'external' && external?.create !== undefined && resourceId === null;
}
