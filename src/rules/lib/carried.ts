/**
 * Parsers of carried state, which one run of an entity leaves for the next. Any caller may start a
 * workflow with such a state. A parser is made from the type of the state: a field, or a word of a
 * union, that it forgets does not compile. It strips nothing.
 */
import { type ErrorBody, isErrorCode } from '../../contract/errors';
import type { RequestMark } from './fingerprint';
import {
  type Fields,
  integer,
  invalid,
  isRecord,
  json,
  number,
  object,
  optional,
  type OptionalField,
  type Parser,
  record,
  text,
} from './parse';
import type { Ignored } from './troubles';

/** The same with every list and object read-only, as states are. */
type ReadOnly<T> = T extends readonly (infer I)[]
  ? readonly ReadOnly<I>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadOnly<T[K]> }
    : T;
type ParsedBy<F> = F extends Parser<infer T> ? T : F extends OptionalField<infer T> ? T : never;
/** A parser for every field, and none besides; optional fields are marked. */
type FieldsOf<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? OptionalField<Required<T>[K]>
    : Parser<Required<T>[K]>;
};
/** `never` for a field whose parser takes less than the field can hold. */
type Whole<T, F> = {
  readonly [K in keyof F]: K extends keyof T
    ? ReadOnly<Required<T>[K]> extends ReadOnly<ParsedBy<F[K]>>
      ? F[K]
      : never
    : never;
};

/**
 * An object of type `T`: `stateOf<Hold>()({name, reason: nullable(words), since: instant})`. Fields that the type does not know are kept, as
 * far as they are JSON: a later version may have written them.
 */
export function stateOf<T extends object>(): <F extends FieldsOf<T>>(fields: F & Whole<T, F>) => Parser<T> {
  return (fields) => keeping(fields);
}

function keeping<T extends object>(fields: Fields): Parser<T> {
  const known = object(fields);
  return (value, path) => {
    if (!isRecord(value)) return invalid(path, 'expected an object');
    const entries = Object.entries(value);
    const others = entries.filter(([key]) => !Object.hasOwn(fields, key));
    const read = known(Object.fromEntries(entries.filter(([key]) => Object.hasOwn(fields, key))), path);
    // `FieldsOf` has bound the fields, all of which have been read, to the type.
    return { ...Object.fromEntries(others.map(([key, other]) => [key, json(other, `${path}.${key}`)])), ...read } as T;
  };
}

/** Words that Drover has written itself, or has bounded where they came in. */
export const words = text(Infinity);

/** The year 128,000: a date can show it, and it with any duration added. */
const MOST_MS = 4e15;
/** Epoch milliseconds. */
export const time = number(-MOST_MS, MOST_MS);
/** Milliseconds that have passed or may pass. */
export const span = number(0, MOST_MS);

/** Version 1 of a state or an input, the only one so far. */
export const version: Parser<1> = (value, path) => (value === 1 ? 1 : invalid(path, 'expected version 1'));

/** A flag that is there or not. */
export const flag: Parser<true> = (value, path) => (value === true ? true : invalid(path, 'expected true'));

/** The JSON of an error. */
export const errorBody: Parser<ErrorBody> = stateOf<ErrorBody>()({
  code: (value, path) => (isErrorCode(value) ? value : invalid(path, 'expected a code of the list of errors')),
  message: words,
  details: optional(record(json)),
});

/** The mark of an accepted request. */
export const requestMark: Parser<RequestMark> = stateOf<RequestMark>()({ requestId: words, fingerprint: words });

/** Messages that changed nothing. */
export const ignored: Parser<Ignored> = stateOf<Ignored>()({
  count: integer(),
  last: (value, path) => (value === null ? null : lastIgnored(value, path)),
});
const lastIgnored = stateOf<NonNullable<Ignored['last']>>()({ what: words, why: words, at: words });

/** The state within a carried input `{v: 1, state}`; undefined for anything else, which is the input of a first run. */
export function carriedIn(input: unknown): { readonly v: unknown; readonly state: unknown } | undefined {
  return isRecord(input) && Object.hasOwn(input, 'state') ? { v: input['v'], state: input['state'] } : undefined;
}
