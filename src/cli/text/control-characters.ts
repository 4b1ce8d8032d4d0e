/**
 * Text that is not ours may hold what a terminal obeys: an agent could clear the screen, rename the window, or write over what Drover
 * has said. So no control character of it is sent; each is shown as JSON writes it.
 */

/** C0, DEL and C1 (`Cc`), and what turns the direction of the text behind it. Line break and tab are left out below. */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** A word in one of the colours that Drover's own tables have (picocolors): begun, without any other control character, and ended. */
const PAINTED = /(\p{Cc}\[(?:1|2|31|32|33|36|90)m)(\P{Cc}*)(\p{Cc}\[(?:22|39)m)/gu;

/**
 * The text as people may see it. With `colors`, painted words stay painted; an agent that paints its own words so can do no more than
 * that, as each ends as it has begun.
 */
export function shown(text: string, colors: boolean): string {
  const lines = text.replaceAll('\r\n', '\n');
  if (!colors) return lines.replace(CONTROL, escaped);
  let from = 0;
  let result = '';
  for (const match of lines.matchAll(PAINTED)) {
    const [whole, begin = '', word = '', end = ''] = match;
    const isOurs = begin.startsWith(ESCAPE) && end.startsWith(ESCAPE);
    result += lines.slice(from, match.index).replace(CONTROL, escaped);
    result += isOurs ? begin + word.replace(CONTROL, escaped) + end : whole.replace(CONTROL, escaped);
    from = match.index + whole.length;
  }
  return result + lines.slice(from).replace(CONTROL, escaped);
}

const ESCAPE = '\u001b';

function escaped(char: string): string {
  if (char === '\n' || char === '\t') return char;
  return char === '\r' ? '\\r' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** The same for a stream of bytes, whose pieces may end within a character. `end` gives what is left. */
export class ShownBytes {
  readonly #decoder = new TextDecoder();

  piece(bytes: Uint8Array): string {
    return shown(this.#decoder.decode(bytes, { stream: true }), false);
  }

  end(): string {
    return shown(this.#decoder.decode(), false);
  }
}
