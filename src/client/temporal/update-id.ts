/** Ids of updates. Temporal answers an id that it knows with that update's outcome, whatever is asked for under it now. */
import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../../rules/lib/fingerprint';

/** The id of one request: the same one for the same update with the same argument, and for nothing else. Random without a request id. */
export function updateIdOf(update: string, argument: unknown, requestId: string | undefined): string {
  if (requestId === undefined) return randomUUID();
  const content = canonicalJson([requestId, update, argument]);
  return createHash('sha256').update(content).digest('base64url');
}
