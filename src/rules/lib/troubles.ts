/** Counts and presents troubles and ignored messages. */
import { boundedText, SHORT_BYTES } from '../../contract/text';
import type { Trouble } from '../../contract/trouble';
import { inline } from './markdown';

/** The first backoff: a restarting server or worker is back within seconds. */
const FIRST_PAUSE_MS = 1_000;
/**
 * The longest backoff, so that work resumes within a minute. One attempt a minute costs some ten
 * events, so that a history of 4,096 events lasts for hours before it continues as new.
 */
const LONGEST_PAUSE_MS = 60_000;
/** The most lines of a card; the view has all troubles. */
const LINES_SHOWN = 10;
/** The most bytes of the name of some work. */
const WHAT_BYTES = 200;

/**
 * The backoff after `attempts` failures in a row, in milliseconds. `random`, from 0 to 1, spreads
 * workflows that failed together over the second half of it.
 */
export function pauseAfter(attempts: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  return Math.round(longest * (0.5 + random / 2));
}

/**
 * The trouble after a failed attempt. `known` is its earlier trouble, if any; `at` is in ISO 8601.
 */
export function nextTrouble(known: Trouble | undefined, what: string, why: string, at: string): Trouble {
  return {
    what: boundedText(what, WHAT_BYTES),
    why: boundedText(why, SHORT_BYTES),
    since: known?.since ?? at,
    attempts: (known?.attempts ?? 0) + 1,
  };
}

/** The lines of Markdown for a card; none without troubles. */
export function troubleLines(troubles: readonly Trouble[]): string[] {
  const lines = troubles
    .slice(0, LINES_SHOWN)
    .map(
      ({ what, why, since, attempts }) =>
        `- **trouble** ${inline(what)}, ${String(attempts)} tries since ${since}: ${inline(why)}`,
    );
  const more = troubles.length - LINES_SHOWN;
  return more > 0 ? [...lines, `- … and ${String(more)} more troubles`] : lines;
}

/** The field `troubles` of a view, only if it has any. */
export function troublesOf(troubles: readonly Trouble[]): { readonly troubles?: readonly Trouble[] } {
  return troubles.length === 0 ? {} : { troubles };
}

/** Messages that changed nothing, because they were invalid or no rule took them. */
export interface Ignored {
  readonly count: number;
  /** The latest one. */
  readonly last: { readonly what: string; readonly why: string; readonly at: string } | null;
}

/** The count before the first ignored message. */
export const NOTHING_IGNORED: Ignored = { count: 0, last: null };

/** Counts one more message that changed nothing; `at` is in ISO 8601. */
export function addIgnored({ count }: Ignored, what: string, why: string, at: string): Ignored {
  const last = { what: boundedText(what, WHAT_BYTES), why: boundedText(why, SHORT_BYTES), at };
  return { count: count + 1, last };
}

/** The lines of Markdown for a card; none without ignored messages. */
export function ignoredLines({ count, last }: Ignored): string[] {
  if (last === null) return [];
  return [
    `- ${String(count)} messages changed nothing, the last one ${inline(last.what)} at ${last.at}: ${inline(last.why)}`,
  ];
}
