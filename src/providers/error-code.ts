/** Error codes of Node that providers tell apart. */
import { errorCode } from '../lib/error-code';

export { errorCode };

/** Codes of a connection that was never made: no byte of the request has left. */
const NOT_CONNECTED: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/** Whether the other side was not even reached. */
export function wasNotConnected(error: unknown): boolean {
  return NOT_CONNECTED.includes(errorCode(error));
}
