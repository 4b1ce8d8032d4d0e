/**
 * Limits texts from outside: lines of logs, details of exits, messages of engines and services,
 * errors of agents. A text is cut where it enters, by its bytes in UTF-8, at whole characters. It
 * uses neither Node nor a clock, for the sandbox (decision 23).
 */

/** The most bytes of an error's message: a sentence and a dozen lines of a log. */
export const ERROR_BYTES = 4 * 1024;
/** The most bytes of a log's last lines in an error, which leaves room for a sentence. */
export const LOG_TAIL_BYTES = 2 * 1024;
/** The most lines of a log in an error. */
export const LOG_TAIL_LINES = 10;
/** The most bytes of one quoted line: four lines of a wide terminal. */
export const LINE_BYTES = 512;
/** The most bytes of a quoted answer, such as an HTTP body: enough for a problem's detail. */
export const QUOTE_BYTES = 1024;
/** The most bytes of a reason or an error in a list of many: a line or two. */
export const SHORT_BYTES = 600;

/**
 * The most bytes of all errors of a list together. An answer may have several lists, and JSON may
 * write six bytes for one.
 */
const ERRORS_BYTES = 64 * 1024;
/** The least bytes of an error in a very long list; the full error is elsewhere. */
const LEAST_BYTES = 48;

/** A lone half of a surrogate pair; with the flag `u`, the pattern matches only lone ones. */
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** U+FFFD, which has three bytes like the lone half that it replaces. */
const REPLACEMENT = '\ufffd';

/** The text with each lone surrogate replaced by U+FFFD, as every encoder to UTF-8 does. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATE, REPLACEMENT);
}

/** A value for people: a text as itself, anything else as JSON. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether the text has no lone surrogates; any other text changes on its way. */
export function isWellFormed(text: string): boolean {
  return text.search(LONE_SURROGATE) < 0;
}

/** The bytes of the text in UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit <= 0x7f) continue;
    if (unit <= 0x7ff) bytes += 1;
    else if (isHigh(unit) && isLow(text.charCodeAt(index + 1))) {
      // A pair has two units of the string and four bytes.
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}

/**
 * The well-formed text in at most `maxBytes` bytes of UTF-8. A longer text loses its middle: a
 * quarter of the result is its beginning, which names the subject, the rest its end, which holds
 * the outcome. The number of omitted bytes stands between them.
 */
export function boundedText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return wellFormed(text);
  const bytes = utf8Bytes(text);
  if (bytes <= maxBytes) return wellFormed(text);
  const room = maxBytes - utf8Bytes(leftOut(bytes));
  // Without room for the number of omitted bytes, only the end stays.
  if (room < 4) return wellFormed(text.slice(endFrom(text, maxBytes)));
  const headEnd = beginningTo(text, Math.floor(room / 4));
  const head = text.slice(0, headEnd);
  const tail = text.slice(endFrom(text, room - utf8Bytes(head)));
  return wellFormed(`${head}${leftOut(bytes - utf8Bytes(head) - utf8Bytes(tail))}${tail}`);
}

/**
 * The most bytes of each of `count` errors in one list: up to `ERROR_BYTES`, less for longer lists.
 */
export function shareBytes(count: number): number {
  return Math.min(ERROR_BYTES, Math.max(LEAST_BYTES, Math.floor(ERRORS_BYTES / Math.max(1, count))));
}

/**
 * Joins texts into at most `maxBytes` bytes. Each has its share; of very many, the last ones are
 * only counted.
 */
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

/** The text on one line of at most `maxBytes` bytes: line breaks and other white space become one space. */
export function oneLine(text: string, maxBytes = LINE_BYTES): string {
  return boundedText(text.replace(/\s+/g, ' ').trim(), maxBytes);
}

/** The last lines of a text, each shortened in its middle, as many as fit in `maxBytes`. */
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

/** The bounded message of any thrown value. Never throws. */
export function messageOf(error: unknown, maxBytes = ERROR_BYTES): string {
  return boundedText(saidBy(error), maxBytes);
}

function saidBy(error: unknown): string {
  try {
    const said: unknown = error instanceof Error ? error.message : error;
    return typeof said === 'string' ? said : String(said);
  } catch {
    // The value has no text, for example an object without a prototype.
    return 'an error without a message';
  }
}

/** The last lines, without splitting a text that may have millions of them. */
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

/** The end index of a beginning of at most `bytes` bytes. */
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

/** The start index of an end of at most `bytes` bytes. */
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

/** The number of string units of the character at `index`. */
function widthAt(text: string, index: number): 1 | 2 {
  return isHigh(text.charCodeAt(index)) && isLow(text.charCodeAt(index + 1)) ? 2 : 1;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
