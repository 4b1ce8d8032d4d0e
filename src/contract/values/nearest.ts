/** Finds the word that someone meant. */

/** More wrong letters than these are another word; a swap of two neighbours counts as one. */
const MOST_WRONG = 2;

/** The known word that differs least from a mistyped one; undefined if none resembles it. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((one) => ({ one, wrong: distance(word.toLowerCase(), one.toLowerCase()) }));
  const fitting = scored.filter(({ one, wrong }) => wrong <= MOST_WRONG && wrong * 2 < one.length);
  return fitting.sort((a, b) => a.wrong - b.wrong)[0]?.one;
}

/** `did you mean "command"? ` if a known word resembles one of the words, else nothing. */
export function meantText(words: readonly string[], known: readonly string[]): string {
  const meant = words.map((word) => nearestOf(word, known)).filter((one) => one !== undefined);
  return meant.length === 0 ? '' : `did you mean ${[...new Set(meant)].map((one) => JSON.stringify(one)).join(', ')}? `;
}

/** The insertions, deletions, replacements and swaps between two texts; large when their lengths differ by much. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > MOST_WRONG) return Infinity;
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at];
    for (let to = 1; to <= other.length; to += 1) {
      const isSame = one[at - 1] === other[to - 1];
      const isSwap = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      const ways = [(row[to - 1] ?? 0) + (isSame ? 0 : 1), (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1];
      next.push(Math.min(...ways, ...(isSwap ? [(before[to - 2] ?? 0) + 1] : [])));
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? Infinity;
}
