/** Sizes of values in messages: as JSON, in UTF-8. */

/**
 * The bytes of the value's JSON; `Infinity` if it cannot be written, for example because it is
 * nested too deeply.
 */
export function jsonBytes(value: unknown): number {
  const text = jsonOf(value);
  if (text === undefined) return 0;
  if (text === null) return Infinity;
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts 2; JSON escapes lone ones.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** The JSON of a value; undefined if JSON omits it, null if it cannot be written. */
function jsonOf(value: unknown): string | undefined | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
