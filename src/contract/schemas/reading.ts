/** Parses values with zod schemas, with plain messages. */
import type { z } from 'zod';

/** The parsed value, or all of its problems. A schema's own message takes precedence. */
export function readBy<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  return schema.safeParse(value, { error: plainMessage, reportInput: false });
}

/**
 * A plain message in place of zod's "expected nonoptional, received undefined"; undefined keeps
 * zod's message.
 */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  if (issue.code === 'invalid_value')
    return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
  if (issue.code === 'too_big') return `expected at most ${counted(issue.maximum, issue.origin)}`;
  if (issue.code === 'too_small') return `expected at least ${counted(issue.minimum, issue.origin)}`;
  if (issue.code !== 'invalid_type') return undefined;
  return `expected ${withArticle(issue.expected)}, got ${kindOf(issue.input)}`;
}

const UNITS: Readonly<Record<string, string>> = { string: 'character', array: 'item' };

/** `64 characters`, `1 item`, `1000`. */
function counted(limit: number | bigint, origin: string): string {
  const unit = UNITS[origin];
  if (unit === undefined) return String(limit);
  return `${String(limit)} ${unit}${limit === 1 ? '' : 's'}`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function withArticle(expected: string): string {
  return WORDS[expected] ?? expected;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a number with a fraction';
  return WORDS[typeof value] ?? typeof value;
}
