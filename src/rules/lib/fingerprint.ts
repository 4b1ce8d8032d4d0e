/**
 * Tells whether two requests with one id are the same, by a fingerprint of the command and its
 * arguments (decision 24).
 */
import { DroverError } from '../../contract/errors';
import { fnv1a64 } from '../../contract/values/fnv';
import type { Origin } from '../../contract/caller/origin';
import { isRecord } from './parse';

/** A remembered request: its id, and the fingerprint of its command and arguments. */
export interface RequestMark {
  readonly requestId: string;
  readonly fingerprint: string;
}

/**
 * The number of accepted requests that an entity remembers for repeats (docs/lifecycle.md,
 * "Commands").
 */
export const REQUESTS_KEPT = 1_000;

/** JSON with sorted keys. It omits what JSON omits. */
export function canonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
  return text ?? '';
}

/** The fingerprint of a command with its arguments: 64 bits in hexadecimal digits. */
export function fingerprint(command: string, argument: unknown): string {
  return fnv1a64(`${command} ${canonicalJson(argument)}`);
}

/**
 * The mark of a request; undefined if it has no id. The mark does not include `wait`, which does not
 * change the effect, nor who gives the command.
 */
export function markOf(
  command: string,
  {
    requestId,
    wait: _wait,
    by: _by,
    from: _from,
    ...rest
  }: Origin & { readonly requestId?: string; readonly wait?: boolean },
): RequestMark | undefined {
  return requestId === undefined ? undefined : { requestId, fingerprint: fingerprint(command, rest) };
}

/**
 * The earlier request with this id, or undefined. Throws `IdempotencyConflict` if that request
 * was a different one.
 */
export function findRequest<T extends RequestMark>(
  requests: readonly T[],
  mark: RequestMark | undefined,
): T | undefined {
  if (mark === undefined) return undefined;
  const known = requests.find(({ requestId }) => requestId === mark.requestId);
  if (known !== undefined && known.fingerprint !== mark.fingerprint) throw conflict(mark.requestId);
  return known;
}

/** Adds a mark and drops the oldest ones above `REQUESTS_KEPT`. */
export function withMark(marks: readonly RequestMark[], mark: RequestMark | undefined): readonly RequestMark[] {
  return mark === undefined ? marks : [...marks, mark].slice(-REQUESTS_KEPT);
}

function conflict(requestId: string): DroverError {
  return new DroverError(
    'IdempotencyConflict',
    `request id "${requestId.slice(0, 100)}" was used for another command, or with other arguments; ` +
      'send this one with a new id, or repeat the earlier one unchanged',
  );
}
