/** Lists whose errors share a bound: the more there are, the shorter each is, so that the list fits wherever it stands. */
import { boundedText, shareBytes } from '../../contract/text';

/** Something that may carry an error. */
interface WithError {
  readonly error: string | null;
}

/** The same list with every error in its share of bytes. What is short enough stays the same object. */
export function withShares<T extends WithError>(list: readonly T[]): T[] {
  const share = shareBytes(list.filter(({ error }) => error !== null).length);
  return list.map((item) => {
    const { error } = item;
    if (error === null || error.length * 3 <= share) return item;
    return { ...item, error: boundedText(error, share) };
  });
}
