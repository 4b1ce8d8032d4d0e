/**
 * The one bound on every text from outside: a log's lines, an exit's detail, an engine's or a service's message, an agent's error.
 * A text is cut where it enters, by its bytes in UTF-8, at whole characters. Usable in the sandbox: nothing of Node, no clock.
 */

/** Bytes of an error's message: a dozen lines of a log with a sentence before them. */
export const ERROR_BYTES = 4 * 1024;
/** Bytes of a log's last lines where an error quotes them: leaves room for the sentence before them. */
export const LOG_TAIL_BYTES = 2 * 1024;
/** Lines of a log that an error quotes. */
export const LOG_TAIL_LINES = 10;
/** Bytes of one quoted line: as much as a wide terminal shows in four lines. */
export const LINE_BYTES = 512;
/** Bytes of what another side's answer says where an error quotes it, as an HTTP body: enough for a problem's detail. */
export const QUOTE_BYTES = 1024;
/** Bytes of a reason or an error in a list of many: a line or two each. */
export const SHORT_BYTES = 600;

/** Bytes of all errors of one list together: some such lists stand in one answer, and JSON may write six bytes for one. */
const ERRORS_BYTES = 64 * 1024;
/** Bytes that an error of a very long list keeps: who reads it goes to its own place for the rest. */
const LEAST_BYTES = 48;

/** A lone half of a surrogate pair: with the flag `u` the pattern meets lone ones only. */
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** U+FFFD, of three bytes as the half that it stands for. */
const REPLACEMENT = '\ufffd';

/** The text with each lone surrogate replaced by U+FFFD, as every encoder to UTF-8 does. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, REPLACEMENT);
}

/** Whether the text has no lone surrogates: only such a text arrives as it was sent. */
export function isWellFormed(text: string): boolean {
  return text.search(LONE_SURROGATE) < 0;
}

/** Bytes of the text in UTF-8; a lone surrogate counts as the U+FFFD that it becomes. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit <= 0x7f) continue;
    if (unit <= 0x7ff) bytes += 1;
    else if (isHigh(unit) && isLow(text.charCodeAt(index + 1))) {
      // Two units of the string, four bytes.
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}

/**
 * The text, well-formed, in at most `maxBytes` bytes of UTF-8. What is too long is shortened in its middle: a quarter of what is
 * kept is its beginning, which says what it is about, the rest its end, which says how it ended. In between stands how many bytes
 * are left out.
 */
export function boundedText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return wellFormed(text);
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return wellFormed(text);
  const room = maxBytes - utf8Bytes(leftOut(bytes));
  // Too little room to say what is left out: the end alone.
  if (room < 4) return wellFormed(text.slice(endFrom(text, maxBytes)));
  const headEnd = beginningTo(text, Math.floor(room / 4));
  const head = text.slice(0, headEnd);
  const tail = text.slice(endFrom(text, room - utf8Bytes(head)));
  return wellFormed(`${head}${leftOut(bytes - utf8Bytes(head) - utf8Bytes(tail))}${tail}`);
}

/** Bytes of each of so many errors that stand together in one list: up to `ERROR_BYTES`, less the more there are. */
export function shareBytes(count: number): number {
  return Math.min(ERROR_BYTES, Math.max(LEAST_BYTES, Math.floor(ERRORS_BYTES / Math.max(1, count))));
}

/** Texts in one line of at most `maxBytes` bytes: each gets its share, and of very many the last are counted only. */
export function boundedList(texts: readonly string[], maxBytes = ERROR_BYTES): string {
  const room = maxBytes - utf8Bytes(more(texts.length));
  const share = Math.max(SHORT_BYTES, Math.floor(maxBytes / Math.max(1, texts.length)) - SEPARATOR.length);
  const kept: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    const short = boundedText(text, Math.min(share, room));
    bytes += utf8Bytes(short) + SEPARATOR.length;
    if (bytes > room + SEPARATOR.length) break;
    kept.push(short);
  }
  const left = texts.length - kept.length;
  return kept.join(SEPARATOR) + (left === 0 ? '' : more(left));
}

const SEPARATOR = '; ';

function more(count: number): string {
  return `${SEPARATOR}and ${String(count)} more`;
}

/** The last lines of a text, each shortened in its middle, in at most `maxBytes` bytes altogether: the last of them are kept. */
export function boundedTail(text: string, maxLines = LOG_TAIL_LINES, maxBytes = LOG_TAIL_BYTES): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lastLines(text.trimEnd(), maxLines).reverse()) {
    const short = boundedText(line, Math.min(LINE_BYTES, maxBytes));
    bytes += utf8Bytes(short) + 1;
    if (bytes > maxBytes + 1) break;
    kept.unshift(short);
  }
  return kept.join('\n');
}

/** What anything thrown says, bounded: never throws itself, whatever was thrown. */
export function messageOf(error: unknown, maxBytes = ERROR_BYTES): string {
  return boundedText(saidBy(error), maxBytes);
}

function saidBy(error: unknown): string {
  try {
    const said: unknown = error instanceof Error ? error.message : error;
    return typeof said === 'string' ? said : String(said);
  } catch {
    // An object that cannot be made a text, such as one without a prototype.
    return 'an error without a message';
  }
}

/** The last lines without splitting all of a text that may have millions. */
function lastLines(text: string, count: number): string[] {
  let from = text.length;
  for (let line = 0; line < count; line += 1) {
    from = text.lastIndexOf('\n', from - 1);
    if (from <= 0) return text.split('\n').slice(-count);
  }
  return text.slice(from + 1).split('\n');
}

function leftOut(bytes: number): string {
  return ` … ${String(bytes)} bytes left out … `;
}

/** Where a beginning of at most `bytes` bytes ends. */
function beginningTo(text: string, bytes: number): number {
  let index = 0;
  for (let left = bytes; index < text.length;) {
    const width = widthAt(text, index);
    left -= utf8Bytes(text.slice(index, index + width));
    if (left < 0) break;
    index += width;
  }
  return index;
}

/** Where an end of at most `bytes` bytes begins. */
function endFrom(text: string, bytes: number): number {
  let index = text.length;
  for (let left = bytes; index > 0;) {
    const width = index > 1 && isHigh(text.charCodeAt(index - 2)) && isLow(text.charCodeAt(index - 1)) ? 2 : 1;
    left -= utf8Bytes(text.slice(index - width, index));
    if (left < 0) break;
    index -= width;
  }
  return index;
}

/** Units of the string that the character at `index` has. */
function widthAt(text: string, index: number): 1 | 2 {
  return isHigh(text.charCodeAt(index)) && isLow(text.charCodeAt(index + 1)) ? 2 : 1;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
