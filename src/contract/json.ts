/**
 * JSON from outside. What Drover takes arrives as it was sent, or is refused with its path: a number that JavaScript would change,
 * and a value nested so deeply that no program can write it again. Usable in the sandbox, and synchronous.
 */
import { boundedText } from './text';

/** Levels of lists and objects in one value. Programs that write JSON overflow their stack at some thousands; people nest to ten. */
export const JSON_LEVELS = 200;

/** The one key of an object that stands for what cannot be read; its value says why. No parser accepts it. */
export const UNDECODABLE = '__undecodable__';

/** Where a value stands: keys and positions from the outside inwards. */
export type JsonPath = readonly (string | number)[];

/** A value that is JSON and cannot be taken. */
export interface JsonProblem {
  readonly path: JsonPath;
  readonly message: string;
}

/** What a text holds. `syntax` says in words why it is not JSON. */
export type ReadJson = { readonly value: unknown } | { readonly problem: JsonProblem } | { readonly syntax: string };

/** Reads a text. Never throws. */
export function readJson(text: string): ReadJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { syntax: boundedText(error instanceof Error ? error.message : String(error), SYNTAX_BYTES) };
  }
  const problem = changedNumber(text) ?? jsonProblem(value);
  return problem === undefined ? { value } : { problem };
}

/** Why a value cannot travel as JSON: nested too deeply (a value that contains itself, too), or with a number that JSON does not have. */
export function jsonProblem(value: unknown, levels = JSON_LEVELS): JsonProblem | undefined {
  if (typeof value === 'number' && !Number.isFinite(value))
    return { path: [], message: wouldChange(String(value), 'null') };
  if (typeof value === 'bigint') return { path: [], message: wouldChange(String(value), String(Number(value))) };
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return { path: [], message: `nested deeper than ${String(JSON_LEVELS)} levels` };
  // Not by `Object.entries`, which would copy lists of millions.
  for (const key of Object.keys(value)) {
    const inner = jsonProblem((value as Readonly<Record<string, unknown>>)[key], levels - 1);
    if (inner) return { ...inner, path: [Array.isArray(value) ? Number(key) : key, ...inner.path] };
  }
  return undefined;
}

/** A problem in words: `task.id: …`, with `root` for the name of the whole. */
export function describeProblem({ path, message }: JsonProblem, root: string): string {
  const at = path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
  return `${boundedText(root + at, PATH_BYTES)}: ${message}`;
}

/** Bytes of a path in a message. */
const PATH_BYTES = 200;
/** Bytes of what the parser says of a text that is not JSON: it quotes some of the text. */
const SYNTAX_BYTES = 300;
/** Digits of a number in a message. */
const NUMBER_BYTES = 40;

/** Fewer digits never change, and without an exponent no number is too large: most texts end here. */
const SUSPICIOUS = /\d{16}|\d[eE]/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** The first number of a valid JSON text that JavaScript reads as another one. */
function changedNumber(text: string): JsonProblem | undefined {
  if (!SUSPICIOUS.test(text)) return undefined;
  const path: (string | number)[] = [];
  let string = '""';
  for (let at = 0; at < text.length;) {
    const char = text.charAt(at);
    if (char === '"') {
      const end = stringEnd(text, at);
      string = text.slice(at, end);
      at = end;
      continue;
    }
    if (char === '-' || (char >= '0' && char <= '9')) {
      const token = numberAt(text, at);
      if (changes(token)) return { path: [...path], message: wouldChange(token, JSON.stringify(Number(token))) };
      at += token.length;
      continue;
    }
    follow(path, char, string);
    at += 1;
  }
  return undefined;
}

/** Keeps the path: the innermost container's present key, or position. */
function follow(path: (string | number)[], char: string, lastString: string): void {
  const last = path.length - 1;
  const step = path[last];
  if (char === '{') path.push('');
  else if (char === '[') path.push(0);
  else if (char === '}' || char === ']') path.pop();
  else if (char === ':') path[last] = String(JSON.parse(lastString));
  else if (char === ',' && typeof step === 'number') path[last] = step + 1;
}

/** Behind the closing quotation mark of the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  let end = from;
  do end = text.indexOf('"', end + 1);
  while (isEscaped(text, end));
  return end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charAt(at - 1 - backslashes) === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

function numberAt(text: string, at: number): string {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0] ?? text.charAt(at);
}

/**
 * Whole numbers must be written again as they were. Those with a fraction are approximations wherever they come from, so of them only
 * such are refused as lose their size: too large, so small that they become 0, or beyond 2^53 with more digits than any program prints
 * of a double (17).
 */
function changes(token: string): boolean {
  const value = Number(token);
  if (!Number.isFinite(value)) return true;
  const { digits, exponent } = decimal(token);
  if (value === 0) return digits !== '';
  if (Number.isSafeInteger(value) || exponent < 0 || /[eE]/.test(token)) {
    return Math.abs(value) > Number.MAX_SAFE_INTEGER && digits.length > 17;
  }
  const again = decimal(String(value));
  return digits !== again.digits || exponent !== again.exponent;
}

/** A number as digits without zeros around them, times a power of ten. */
function decimal(token: string): { digits: string; exponent: number } {
  const [, whole = '', fraction = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const all = whole + fraction;
  // Not by /0+$/, which takes the square of the length where zeros stand before a digit.
  let [begin, end] = [0, all.length];
  while (end > begin && all.charAt(end - 1) === '0') end -= 1;
  while (begin < end && all.charAt(begin) === '0') begin += 1;
  return { digits: all.slice(begin, end), exponent: Number(power) - fraction.length + all.length - end };
}

function wouldChange(token: string, to: string): string {
  return `${boundedText(token, NUMBER_BYTES)} is a number that would change (to ${to}); send it as a string`;
}
