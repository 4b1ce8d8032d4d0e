/** Text out of bytes that come from outside. */

/** Refuses bytes that are not UTF-8 instead of replacing them; removes a byte order mark. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The text of UTF-8 bytes, without a byte order mark; undefined for other bytes. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}
