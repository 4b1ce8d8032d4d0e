/**
 * Small synchronous parsers for what reaches the sandbox. The edges use zod; here zod would double
 * the cost of every workflow (docs/workflow-rules.md, rule 7), so these are property-tested against
 * the schemas. A parser returns the value it read or throws a `DroverError` `InvalidRequest` that
 * names the path.
 */
import { DroverError } from '../../contract/errors';
import { describeProblem, jsonProblem } from '../../contract/values/json';
import { NAME_PATTERN, NAME_RULE } from '../../contract/names';
import { durationMs } from './duration';

/** Parses one value; `path` is its place, for the message. */
export type Parser<T> = (value: unknown, path: string) => T;

/** Throws `InvalidRequest`, the one error of this file. */
export function invalid(path: string, problem: string): never {
  throw new DroverError('InvalidRequest', `${path}: ${problem}`, { path });
}

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

/** Whether a value is a plain JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A string of at most `max` characters. */
export function text(max = 10_000): Parser<string> {
  return (value, path) => {
    if (typeof value !== 'string') return invalid(path, `expected a string, got ${shown(value)}`);
    return value.length <= max ? value : invalid(path, `longer than ${String(max)} characters`);
  };
}

/** A name (docs/provisioning.md, "Names"). */
export const name: Parser<string> = (value, path) =>
  typeof value === 'string' && NAME_PATTERN.test(value)
    ? value
    : invalid(path, `expected ${NAME_RULE}, got ${shown(value)}`);

/** A duration, kept as written. */
export const duration: Parser<string> = (value, path) =>
  typeof value === 'string' && durationMs(value) !== undefined
    ? value
    : invalid(path, `expected a duration such as 500ms, 5s, 2m or 1h, got ${shown(value)}`);

/** A time in ISO 8601, kept as written. */
export const instant: Parser<string> = (value, path) => {
  const written = text(40)(value, path);
  return Number.isNaN(Date.parse(written)) ? invalid(path, 'expected a time in ISO 8601') : written;
};

/** A whole number within bounds. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): Parser<number> {
  return (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : invalid(path, `expected a whole number from ${String(min)} to ${String(max)}, got ${shown(value)}`);
}

/** A finite number within bounds. */
export function number(min: number, max: number): Parser<number> {
  return (value, path) =>
    typeof value === 'number' && value >= min && value <= max
      ? value
      : invalid(path, `expected a number from ${String(min)} to ${String(max)}, got ${shown(value)}`);
}

/** True or false. */
export const boolean: Parser<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : invalid(path, `expected true or false, got ${shown(value)}`);

/** A JSON value, nested to at most `JSON_LEVELS`. */
export const json: Parser<unknown> = (value, path) => {
  if (value === undefined) return invalid(path, 'is missing');
  const problem = jsonProblem(value);
  if (problem === undefined) return value;
  throw new DroverError('InvalidRequest', describeProblem(problem, path), { path });
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Parser<T> {
  return (value, path) => {
    const word = words.find((candidate) => candidate === value);
    return word ?? invalid(path, `expected one of ${words.join(', ')}, got ${shown(value)}`);
  };
}

/** The value, or null. */
export function nullable<T>(parser: Parser<T>): Parser<T | null> {
  return (value, path) => (value === null ? null : parser(value, path));
}

/** A list, read item by item. */
export function list<T>(parser: Parser<T>, max = 100_000): Parser<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) return invalid(path, `expected a list, got ${shown(value)}`);
    if (value.length > max) return invalid(path, `more than ${String(max)} items`);
    return value.map((item, index) => parser(item, `${path}[${String(index)}]`));
  };
}

/** An object with any keys, whose values are all of one kind. */
export function record<T>(parser: Parser<T>): Parser<Record<string, T>> {
  return (value, path) => {
    if (!isRecord(value)) return invalid(path, `expected an object, got ${shown(value)}`);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, parser(item, `${path}.${key}`)]));
  };
}

/** A field of `object` that may be absent. */
export interface OptionalField<T> {
  readonly optional: Parser<T>;
}

/** Marks a field of `object` as one that may be absent. */
export function optional<T>(parser: Parser<T>): OptionalField<T> {
  return { optional: parser };
}

/** The parsers of an object's fields. */
export type Fields = Readonly<Record<string, Parser<unknown> | OptionalField<unknown>>>;
type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends OptionalField<unknown> ? never : K }[keyof F];
/** The object that the parsers of these fields return. */
export type Parsed<F extends Fields> = {
  -readonly [K in RequiredKeys<F>]: F[K] extends Parser<infer T> ? T : never;
} & {
  -readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: F[K] extends OptionalField<infer T> ? T : never;
};

/**
 * An object with exactly these fields. An unknown key is an error, as in every file and body of
 * Drover.
 */
export function object<const F extends Fields>(fields: F): Parser<Parsed<F>> {
  const entries = Object.entries(fields);
  return (value, path) => {
    if (!isRecord(value)) return invalid(path, `expected an object, got ${shown(value)}`);
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key))
        invalid(`${path}.${key}`, `unknown key; known are ${Object.keys(fields).join(', ')}`);
    }
    const result: Record<string, unknown> = {};
    for (const [key, field] of entries) {
      const given = value[key];
      if (typeof field === 'function') {
        if (given === undefined) invalid(`${path}.${key}`, 'is missing');
        result[key] = field(given, `${path}.${key}`);
      } else if (given !== undefined) {
        result[key] = field.optional(given, `${path}.${key}`);
      }
    }
    return result as Parsed<F>;
  };
}
