/** Whether two requests with one id are the same request: what was asked for, kept as a fingerprint beside the id. */
import { DroverError } from '../../contract/errors';
import { fnv1a64 } from '../../contract/fnv';
import { isRecord } from './parse';

/** A request that may be repeated: its id, and the fingerprint of the command and its arguments. */
export interface RequestMark {
  readonly requestId: string;
  readonly fingerprint: string;
}

/** The number of accepted requests that an entity remembers for repeats (docs/lifecycle.md, "Commands"). */
export const REQUESTS_KEPT = 1_000;

/** JSON in which the order of keys says nothing. What JSON leaves out is left out here too. */
export function canonicalJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
  return text ?? '';
}

/** The fingerprint of a command with its arguments, 64 bits as hexadecimal digits. */
export function fingerprint(command: string, argument: unknown): string {
  return fnv1a64(`${command} ${canonicalJson(argument)}`);
}

/** The mark of a request; undefined where it has no id. `wait` says how to answer, not what to do, and is not part of it. */
export function markOf(
  command: string,
  { requestId, wait: _wait, ...rest }: { readonly requestId?: string; readonly wait?: boolean },
): RequestMark | undefined {
  return requestId === undefined ? undefined : { requestId, fingerprint: fingerprint(command, rest) };
}

/** The earlier request with this id, undefined where there is none. `IdempotencyConflict` where it asked for something else. */
export function findRequest<T extends RequestMark>(
  requests: readonly T[],
  mark: RequestMark | undefined,
): T | undefined {
  if (mark === undefined) return undefined;
  const known = requests.find(({ requestId }) => requestId === mark.requestId);
  if (known !== undefined && known.fingerprint !== mark.fingerprint) throw conflict(mark.requestId);
  return known;
}

/** The marks with one more, the oldest ones dropped. */
export function withMark(marks: readonly RequestMark[], mark: RequestMark | undefined): readonly RequestMark[] {
  return mark === undefined ? marks : [...marks, mark].slice(-REQUESTS_KEPT);
}

function conflict(requestId: string): DroverError {
  return new DroverError(
    'IdempotencyConflict',
    `request id "${requestId.slice(0, 100)}" was used for another command, or with other arguments; ` +
      'send this one with a new id, or repeat the earlier one as it was',
  );
}
