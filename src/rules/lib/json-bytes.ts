/** Sizes of values as they travel: as JSON, in UTF-8. */

/** Bytes of the value's JSON; infinitely many where it has none, nested too deeply for any program to write it. */
export function jsonBytes(value: unknown): number {
  const text = jsonOf(value);
  if (text === undefined) return 0;
  if (text === null) return Infinity;
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Both halves of a surrogate pair count 2: JSON leaves no lone ones.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** Undefined: nothing is written of such a value. Null: it cannot be written. */
function jsonOf(value: unknown): string | undefined | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
