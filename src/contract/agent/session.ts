/** The session of an agent: an opaque text of its own, which Drover keeps and gives back. */
import { isWellFormed, utf8Bytes } from '../text';

/** The most bytes of a session, in UTF-8. */
export const SESSION_BYTES = 4 * 1024;

/**
 * Why a value cannot be a session; null: it can. A session becomes an environment variable, which
 * holds no NUL.
 */
export function sessionProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'expected a text, or null for no session';
  const bytes = utf8Bytes(value);
  if (bytes > SESSION_BYTES) return `${String(bytes)} bytes, at most ${String(SESSION_BYTES)} are allowed`;
  if (!isWellFormed(value)) return 'has half a character (a lone surrogate)';
  return value.includes('\0') ? 'has a NUL character' : null;
}
