/** Lists of errors that share one bound: the more errors, the shorter each is. */
import { boundedText, shareBytes } from '../../contract/text';

/** An item that may have an error. */
interface WithError {
  readonly error: string | null;
}

/**
 * The list with every error cut to its share of bytes. Items with short errors stay the same
 * objects.
 */
export function withShares<T extends WithError>(list: readonly T[]): T[] {
  const share = shareBytes(list.filter(({ error }) => error !== null).length);
  return list.map((item) => {
    const { error } = item;
    if (error === null || error.length * 3 <= share) return item;
    return { ...item, error: boundedText(error, share) };
  });
}
