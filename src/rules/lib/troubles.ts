/** Troubles and ignored messages as people see them, and how they are counted. */
import { boundedText, SHORT_BYTES } from '../../contract/text';
import type { Trouble } from '../../contract/trouble';

/** Pauses between two tries: a server or a worker that restarts is back within seconds, so the first one is short. */
const FIRST_PAUSE_MS = 1_000;
/**
 * The longest pause: what works again is taken up within a minute. One try a minute is some ten events, so a history of
 * 4,096 events still lasts for hours until it continues as new.
 */
const LONGEST_PAUSE_MS = 60_000;
/** Lines of a card; the view has all. */
const LINES_SHOWN = 10;
/** Bytes of the name of some work. */
const WHAT_BYTES = 200;

/** The pause after `attempts` failures in a row; `random` from 0 to 1 spreads workflows that failed together over its second half. */
export function pauseAfter(attempts: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  return Math.round(longest * (0.5 + random / 2));
}

/** A try has failed; `known` is the trouble that it had before, if any, `at` ISO 8601. */
export function nextTrouble(known: Trouble | undefined, what: string, why: string, at: string): Trouble {
  return {
    what: boundedText(what, WHAT_BYTES),
    why: boundedText(why, SHORT_BYTES),
    since: known?.since ?? at,
    attempts: (known?.attempts ?? 0) + 1,
  };
}

/** Lines of Markdown for a card; none where all is well. */
export function troubleLines(troubles: readonly Trouble[]): string[] {
  const lines = troubles
    .slice(0, LINES_SHOWN)
    .map(({ what, why, since, attempts }) => `- **trouble** ${what}, ${String(attempts)} tries since ${since}: ${why}`);
  const more = troubles.length - LINES_SHOWN;
  return more > 0 ? [...lines, `- … and ${String(more)} more troubles`] : lines;
}

/** For a view: the field is there only where there is any trouble. */
export function troublesOf(troubles: readonly Trouble[]): { readonly troubles?: readonly Trouble[] } {
  return troubles.length === 0 ? {} : { troubles };
}

/** Messages that changed nothing, as they could not be read or no rule took them. */
export interface Ignored {
  readonly count: number;
  /** The latest one. */
  readonly last: { readonly what: string; readonly why: string; readonly at: string } | null;
}

export const NOTHING_IGNORED: Ignored = { count: 0, last: null };

/** One more message that changed nothing; `at` ISO 8601. */
export function addIgnored({ count }: Ignored, what: string, why: string, at: string): Ignored {
  const last = { what: boundedText(what, WHAT_BYTES), why: boundedText(why, SHORT_BYTES), at };
  return { count: count + 1, last };
}

/** Lines of Markdown for a card; none where every message was taken. */
export function ignoredLines({ count, last }: Ignored): string[] {
  if (last === null) return [];
  return [`- ${String(count)} messages changed nothing, the last one ${last.what} at ${last.at}: ${last.why}`];
}
