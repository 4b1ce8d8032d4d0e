/** Reads values by zod schemas, with messages that people understand. */
import type { z } from 'zod';

/** A value by its schema, or everything that is wrong with it. A message of the schema's own stands. */
export function readBy<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  return schema.safeParse(value, { error: plainMessage, reportInput: false });
}

/** What zod would put as "expected nonoptional, received undefined". Undefined: zod's own message will do. */
function plainMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  if (issue.code === 'invalid_value')
    return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
  if (issue.code !== 'invalid_type') return undefined;
  return `expected ${withArticle(issue.expected)}, got ${kindOf(issue.input)}`;
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
