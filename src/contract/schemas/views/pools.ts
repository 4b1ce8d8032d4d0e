/** Pools of credentials. */
import { z } from 'zod';
import type { PoolListItem, PoolView } from '../../pool';
import { problem, time, troubles } from './parts';

/** The view of a pool. */
export const poolViewSchema = z.object({
  pool: z.string(),
  credentials: z.array(
    z.object({
      name: z.string(),
      agents: z.array(z.string()),
      failuresInWindow: z.int(),
      skippedUntil: time.nullable(),
    }),
  ),
  exhaustedUntil: time.nullable(),
  troubles,
}) satisfies z.ZodType<PoolView>;

/** A pool in a list; `credentials` and `free` are numbers of them. */
export const poolListItemSchema = z.object({
  pool: z.string(),
  credentials: z.int(),
  free: z.int(),
  agents: z.int(),
  failuresInWindow: z.int(),
  exhaustedUntil: time.nullable(),
  problem,
}) satisfies z.ZodType<PoolListItem>;
