/**
 * Ids of updates. Temporal answers a known id with the outcome of that update, even for another
 * request.
 */
import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../../rules/lib/fingerprint';

/**
 * The id of one request: unique for the request id, the update and the argument. Random without a
 * request id.
 */
export function updateIdOf(update: string, argument: unknown, requestId: string | undefined): string {
  if (requestId === undefined) return randomUUID();
  const content = canonicalJson([requestId, update, argument]);
  return createHash('sha256').update(content).digest('base64url');
}
