/**
 * Text of agents may hold control characters: it could clear the screen, rename the window or
 * overwrite Drover's own output. So none of them is sent to a terminal; each is shown as JSON
 * writes it.
 */

/**
 * C0, DEL and C1 (`Cc`), and characters that change the direction of text. `escaped` lets line
 * break and tab pass.
 */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/**
 * A word in one of the colours of Drover's own tables (picocolors), with no other control character
 * in it.
 */
const PAINTED = /(\p{Cc}\[(?:1|2|31|32|33|36|90)m)(\P{Cc}*)(\p{Cc}\[(?:22|39)m)/gu;

/**
 * The text with control characters escaped. With `colors`, coloured words keep their colour. An
 * agent can colour its own words this way and nothing else, as every colour ends with its word.
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

/**
 * The same for a stream of bytes. Its pieces may end within a character. `end` returns the rest.
 */
export class ShownBytes {
  readonly #decoder = new TextDecoder();

  piece(bytes: Uint8Array): string {
    return shown(this.#decoder.decode(bytes, { stream: true }), false);
  }

  end(): string {
    return shown(this.#decoder.decode(), false);
  }
}
