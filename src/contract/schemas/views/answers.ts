/** The forms of answers: a page of a list, and an error. */
import { z } from 'zod';
import { errorCode, json } from './parts';

/** A page of any list. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextPageToken: z.string().nullable() });
}

/**
 * The body of every error (RFC 9457). `pointer` is a JSON pointer into the part of the request that
 * `in` names.
 */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: errorCode,
  instance: z.string(),
  errors: z
    .array(
      z.object({
        in: z.enum(['path', 'query', 'header']).exactOptional(),
        pointer: z.string(),
        detail: z.string(),
      }),
    )
    .exactOptional(),
  details: z.record(z.string(), json).exactOptional(),
});
