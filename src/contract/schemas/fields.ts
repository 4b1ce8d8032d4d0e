/** Fields that several schemas have in common. */
import { z } from 'zod';
import { durationMs, LONGEST_DURATION_MS } from '../duration';
import { NAME_PATTERN } from '../names';
import { REQUEST_ID_LENGTH } from '../patterns';
import { isWellFormed } from '../text';

/** An object whose unknown keys are errors that name the known ones. */
export function strict<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key; known are ${Object.keys(shape).join(', ') || 'none'}`
        : undefined,
  });
}

/** The issues of the one alternative that a value is a try at, in place of "none fits": an object's fields, where only one kind is an object. */
export function ownIssues(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const tried = issue.errors.filter((alternative) => alternative.every(isOfField));
  const [own, ...others] = tried;
  if (own === undefined || others.length > 0) return [issue];
  return own.flatMap((inner) => ownIssues({ ...inner, path: [...issue.path, ...inner.path] }));
}

function isOfField({ code, path }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === 'unrecognized_keys';
}

/** A name (docs/provisioning.md, "Names"). */
export const name = z
  .string()
  .regex(NAME_PATTERN, 'expected 1 to 63 letters, digits, "-" or "_", starting with a letter');

const DURATION = 'expected a duration such as 500ms, 5s, 2m or 1h';
/** A duration of at most 30 days, as written. The pattern is for readers of the schema; what counts is `durationMs`. */
export const duration = z
  .string()
  .regex(/^\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h)$/, DURATION)
  .refine((text) => (durationMs(text) ?? 0) <= LONGEST_DURATION_MS, 'is longer than 720h');

/** A duration of which something is repeated or waited for. */
export const positiveDuration = duration.refine((text) => durationMs(text) !== 0, 'must be longer than 0');

const HALF = 'has half a character (a lone surrogate)';

/** An id that others make: instance ids, turn ids. */
export const id = z.string().max(1_000).refine(isWellFormed, HALF);

/** An id that makes a request safe to repeat. */
export const requestId = z.string().max(REQUEST_ID_LENGTH).refine(isWellFormed, HALF);

/** Why somebody does something, for people. */
export const reason = z.string().max(2_000);
