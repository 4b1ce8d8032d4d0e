/** Texts within the Markdown of a details card. */
import { boundedText, SHORT_BYTES } from '../../contract/text';

/** The characters that Markdown and HTML give a meaning anywhere in a line. */
const SPECIAL = /[\\`*[\]<>|~&$]/g;
/** An underscore that begins or ends a word; one within a word, as in `my_agent`, has no meaning. */
const EMPHASIS = /(?<![\p{L}\p{N}_])_+|_+(?![\p{L}\p{N}_])/gu;
/** Between the lines of a text that is shown in one. */
const BREAK = ' ⏎ ';

/**
 * A text of any number of lines as one line of Markdown, of at most `maxBytes` bytes before the
 * backslashes: an error of ten lines, with pipes and backticks, stays within its item of a list.
 */
export function inline(text: string, maxBytes: number = SHORT_BYTES): string {
  const line = boundedText(text, maxBytes)
    .trim()
    .replace(/\s*[\n\r\u2028\u2029]+\s*/g, BREAK)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ');
  // At the beginning of a line, some characters make a heading or a list.
  return line
    .replace(SPECIAL, '\\$&')
    .replace(EMPHASIS, (run) => '\\_'.repeat(run.length))
    .replace(/^[#+=-]/, '\\$&')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
}
