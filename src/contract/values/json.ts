/**
 * Reads JSON from outside. Drover takes a value unchanged, or refuses it with its path: a number
 * that JavaScript would change, or a value nested too deeply to write again. Synchronous, for the
 * sandbox.
 */
import { boundedText } from '../text';

/**
 * The most levels of lists and objects in one value. Writers of JSON overflow their stacks at some
 * thousands.
 */
export const JSON_LEVELS = 200;

/**
 * The only key of an object that stands for an unreadable value; its value is the reason. No parser
 * accepts it.
 */
export const UNDECODABLE = '__undecodable__';

/** The path of a value: keys and positions, from the outside inwards. */
export type JsonPath = readonly (string | number)[];

/** The problem of a value that Drover cannot take. */
export interface JsonProblem {
  readonly path: JsonPath;
  readonly message: string;
}

/** The value of a text, its problem, or in `syntax` why the text is not JSON. */
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

/**
 * Why a value cannot be sent as JSON: nested too deeply (also if it contains itself), or with a
 * number that JSON lacks.
 */
export function jsonProblem(value: unknown, levels = JSON_LEVELS): JsonProblem | undefined {
  if (typeof value === 'number' && !Number.isFinite(value))
    return { path: [], message: wouldChange(String(value), 'null') };
  if (typeof value === 'bigint') return { path: [], message: wouldChange(String(value), String(Number(value))) };
  if (typeof value !== 'object' || value === null) return undefined;
  if (levels === 0) return { path: [], message: `nested deeper than ${String(JSON_LEVELS)} levels` };
  // `Object.entries` would copy lists of millions.
  for (const key of Object.keys(value)) {
    const inner = jsonProblem((value as Readonly<Record<string, unknown>>)[key], levels - 1);
    if (inner) return { ...inner, path: [Array.isArray(value) ? Number(key) : key, ...inner.path] };
  }
  return undefined;
}

/** The text of a problem: `task.id: …`, where `root` is the name of the whole value. */
export function describeProblem({ path, message }: JsonProblem, root: string): string {
  const at = path.map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`)).join('');
  return `${boundedText(root + at, PATH_BYTES)}: ${message}`;
}

/** The most bytes of a path in a message. */
const PATH_BYTES = 200;
/**
 * The most bytes of the parser's message about a text that is not JSON; it quotes some of the text.
 */
const SYNTAX_BYTES = 300;
/** The most digits of a number in a message. */
const NUMBER_BYTES = 40;

/**
 * Numbers with fewer digits and without an exponent never change, so most texts need no further
 * check.
 */
const SUSPICIOUS = /\d{16}|\d[eE]/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** The first number in a valid JSON text that JavaScript would change. */
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

/** Updates the path: the current key or position in the innermost container. */
function follow(path: (string | number)[], char: string, lastString: string): void {
  const last = path.length - 1;
  const step = path[last];
  if (char === '{') path.push('');
  else if (char === '[') path.push(0);
  else if (char === '}' || char === ']') path.pop();
  else if (char === ':') path[last] = String(JSON.parse(lastString));
  else if (char === ',' && typeof step === 'number') path[last] = step + 1;
}

/** The index after the closing quotation mark of the string that begins at `from`. */
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
 * Whether JavaScript changes a number. A whole number must stay exact. A fraction is an
 * approximation anyway, so it changes only if it is too large, becomes 0, or exceeds 2^53 with
 * more than the 17 digits that programs print of a double.
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

/** A number as digits without surrounding zeros, times a power of ten. */
function decimal(token: string): { digits: string; exponent: number } {
  const [, whole = '', fraction = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const all = whole + fraction;
  // /0+$/ would take quadratic time for zeros before another digit.
  let [begin, end] = [0, all.length];
  while (end > begin && all.charAt(end - 1) === '0') end -= 1;
  while (begin < end && all.charAt(begin) === '0') begin += 1;
  return { digits: all.slice(begin, end), exponent: Number(power) - fraction.length + all.length - end };
}

function wouldChange(token: string, to: string): string {
  return `${boundedText(token, NUMBER_BYTES)} is a number that would change (to ${to}); send it as a string`;
}
