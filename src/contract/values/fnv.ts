/**
 * FNV-1a with 64 bits. It tells apart texts that differ by chance, and does not withstand
 * deliberate collisions.
 */

/** The hash of a text in UTF-8, as 16 hexadecimal digits. */
export function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(char)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
