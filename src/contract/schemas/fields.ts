/** Fields that several schemas share. */
import { z } from 'zod';
import { durationMs, LONGEST_DURATION_MS } from '../values/duration';
import { NAME_PATTERN, NAME_RULE } from '../names';
import { meantText } from '../values/nearest';
import { REQUEST_ID_LENGTH } from '../values/patterns';
import { isWellFormed } from '../text';

/** An object whose unknown keys are errors, which name the known keys. */
export function strict<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key; ${meantText(issue.keys, Object.keys(shape))}known are ${Object.keys(shape).join(', ') || 'none'}`
        : undefined,
  });
}

/**
 * A field with what editors and docs/fleet-file.md say of it: one or two sentences, and its default
 * or an example, as written in the file.
 */
export function field<T extends z.ZodType>(
  schema: T,
  description: string,
  more: { readonly default: unknown } | { readonly example?: unknown } = {},
): T {
  const { example, ...rest } = { example: undefined, ...more };
  return schema.meta({ description, ...rest, ...(example === undefined ? {} : { examples: [example] }) });
}

/**
 * The issues of the alternative that a value resembles, in place of "none fits": for an object,
 * those of the only object among them.
 */
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

const NAME = NAME_PATTERN.source.slice(1, -1);

/** A name (docs/provisioning.md, "Names"). */
export const name = z.string().regex(NAME_PATTERN, `expected ${NAME_RULE}`).meta({ title: 'name' });

/** The full name of an agent or a run: `fleet/agent`. */
export const fullName = z
  .string()
  .regex(new RegExp(`^${NAME}/${NAME}$`), 'expected a full name such as mars/AgentA')
  .meta({ title: 'full name' });

const DURATION = 'expected a duration such as 500ms, 5s, 2m or 1h';
/**
 * A duration of at most 30 days, as written. The pattern informs readers of the schema;
 * `durationMs` decides.
 */
export const duration = z
  .string()
  .regex(/^\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h)$/, DURATION)
  .refine((text) => (durationMs(text) ?? 0) <= LONGEST_DURATION_MS, 'is longer than 720h')
  .meta({ title: 'duration' });

/** A duration above 0. */
export const positiveDuration = duration.refine((text) => durationMs(text) !== 0, 'must be longer than 0');

const HALF = 'has half a character (a lone surrogate)';

/** An id from outside: instance ids, turn ids. */
export const id = z.string().max(1_000).refine(isWellFormed, HALF);

/** An id that makes a request safe to repeat. */
export const requestId = z.string().max(REQUEST_ID_LENGTH).refine(isWellFormed, HALF);

/** The reason of a command, for people. */
export const reason = z.string().max(2_000);

/** Any JSON value: one schema, so that descriptions can name it. */
export const jsonSchema = z.json();
