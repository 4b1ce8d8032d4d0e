/**
 * Reads when a model provider lifts a limit, from the headers of its answer or the text of its
 * refusal.
 */

/**
 * The latest reset that is believed: a weekly limit, and a day for rounding. A later one is most
 * likely misread.
 */
export const LONGEST_RESET_MS = 8 * 24 * 3_600_000;

/** Headers about the failed request itself. */
const RETRY_HEADERS = ['retry-after-ms', 'retry-after'] as const;
/**
 * Headers of limits, of which the latest counts: seconds from now, epoch seconds or milliseconds,
 * `1m30s`, or ISO 8601.
 */
const RESET_HEADERS = [
  'ratelimit-reset',
  'x-ratelimit-reset',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'anthropic-ratelimit-unified-reset',
  'anthropic-ratelimit-requests-reset',
  'anthropic-ratelimit-tokens-reset',
] as const;
/** The windows of a subscription; only the reset of an exhausted one counts. */
const WINDOWS = ['anthropic-ratelimit-unified-5h', 'anthropic-ratelimit-unified-7d'] as const;

/** Numbers from here on are times in epoch seconds (2001), smaller ones are waits. */
const EPOCH_SECONDS = 1_000_000_000;
/** Numbers from here on are epoch milliseconds. */
const EPOCH_MS = 1_000_000_000_000;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Headers by name, in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** The reset in epoch milliseconds; null if no header has a plausible one. */
export function resetOfHeaders(headers: Headers, now: number): number | null {
  const retry = RETRY_HEADERS.map((name) => momentOf(headers[name], now, name.endsWith('-ms') ? 1 : 1_000));
  const limits = RESET_HEADERS.map((name) => momentOf(headers[name], now));
  const windows = WINDOWS.filter((name) => headers[`${name}-status`] === 'rejected').map((name) =>
    momentOf(headers[`${name}-reset`], now),
  );
  const at =
    retry.find((moment) => moment !== null) ?? Math.max(0, ...[...limits, ...windows].map((each) => each ?? 0));
  return at > now && at - now <= LONGEST_RESET_MS ? at : null;
}

function momentOf(value: string | undefined, now: number, unitMs = 1_000): number | null {
  if (value === undefined || value.trim() === '') return null;
  const number = Number(value);
  if (Number.isFinite(number)) {
    if (number >= EPOCH_MS) return number;
    return number >= EPOCH_SECONDS ? number * 1_000 : now + number * unitMs;
  }
  const wait = waitMs(value);
  if (wait !== null) return now + wait;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : at;
}

/** The milliseconds of `1m30s` or `250ms`, as some providers write waits. */
function waitMs(value: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(value)) return null;
  return sumOf(value, /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
}

function sumOf(text: string, part: RegExp): number {
  return [...text.matchAll(part)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unitOf(unit ?? '')] ?? 0),
    0,
  );
}

function unitOf(word: string): string {
  return word.startsWith('ms') || word.startsWith('milli') ? 'ms' : (word[0] ?? '');
}

const SPAN =
  /\b(?:in|after)\s+((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b[\s,]*(?:and\s+)?)+)/i;
const SPAN_PART = /(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b/gi;
const EPOCH = /\|(\d{10}|\d{13})\b/;
const ISO = /\b(?:on|at|until)\s+(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d\d:?\d\d)?)?)/i;
const CLOCK =
  /\b(?:resets?|again)(?: on)?(?: at)?\s+(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?(?:,|\s+at)?\s+)?(?:at\s+)?(\d{1,2})(?::(\d\d))?\s*(am|pm)?\b(?:\s*\(([A-Za-z_]+(?:\/[A-Za-z_+\-0-9]+)*)\))?/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The reset that a refusal names, in epoch milliseconds, at most `LONGEST_RESET_MS` from now; null
 * if it names none. A time of day without a zone is in this machine's zone, because the tool
 * that printed it runs here.
 */
export function resetOfText(text: string, now: number): number | null {
  const at = epochIn(text) ?? spanIn(text, now) ?? isoIn(text) ?? clockIn(text, now);
  return at === null || at <= now ? null : Math.min(at, now + LONGEST_RESET_MS);
}

function epochIn(text: string): number | null {
  const [, digits] = EPOCH.exec(text) ?? [];
  if (digits === undefined) return null;
  return digits.length === 13 ? Number(digits) : Number(digits) * 1_000;
}

function spanIn(text: string, now: number): number | null {
  const [, span] = SPAN.exec(text) ?? [];
  return span === undefined ? null : now + sumOf(span.toLowerCase(), SPAN_PART);
}

function isoIn(text: string): number | null {
  const [, moment] = ISO.exec(text) ?? [];
  if (moment === undefined) return null;
  const at = Date.parse(moment.replace(/\s*UTC$/, 'Z').replace(/^(\d{4}-\d\d-\d\d) /, '$1T'));
  return Number.isNaN(at) ? null : at;
}

function clockIn(text: string, now: number): number | null {
  const found = CLOCK.exec(text);
  if (found === null) return null;
  const [, month, day, year, hours = '', minutes = '0', half, zoneName] = found;
  // A number is a time of day only with am or pm, or with minutes.
  if (half === undefined && found[5] === undefined) return null;
  const zone = zoneName === undefined ? undefined : knownZone(zoneName);
  if (zoneName !== undefined && zone === undefined) return null;
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (hour > 23 || Number(minutes) > 59) return null;
  const today = partsAt(now, zone);
  const time = { hour, minute: Number(minutes) };
  if (month === undefined || day === undefined) {
    const at = zoned({ ...today, ...time }, zone);
    return at > now ? at : zoned({ ...today, day: today.day + 1, ...time }, zone);
  }
  const date = { month: MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1, day: Number(day), ...time };
  if (year !== undefined) return zoned({ year: Number(year), ...date }, zone);
  const at = zoned({ year: today.year, ...date }, zone);
  return at > now ? at : zoned({ year: today.year + 1, ...date }, zone);
}

function knownZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    // `RangeError`: the word in brackets is not a zone.
    return undefined;
  }
}

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** The date and time of day in a zone; undefined: this machine's zone. */
function partsAt(at: number, zone: string | undefined): DateParts {
  const format = new Intl.DateTimeFormat('en-US', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
    ...(zone === undefined ? {} : { timeZone: zone }),
  });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN } = parts;
  return { year, month, day, hour, minute };
}

/** The epoch milliseconds of a date and time of day in a zone. */
function zoned({ year, month, day, hour, minute }: DateParts, zone: string | undefined): number {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let at = wanted;
  // The offset depends on the result, so it is corrected once more if a clock change lies
  // between.
  for (let round = 0; round < 2; round += 1) {
    const shown = partsAt(at, zone);
    at += wanted - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return at;
}
