/** The undo of a change, or of a run. */
import { z } from 'zod';
import { time } from './parts';

const compensationState = z.enum(['pending', 'compensating', 'compensated', 'failed']);

/** A compensation: what is undone, and every step of it. */
export const compensation = z.object({
  state: compensationState,
  attempt: z.int(),
  entries: z.array(
    z.object({
      kind: z.string(),
      name: z.string(),
      key: z.string(),
      resourceId: z.string().nullable(),
      outcome: z.enum(['pending', 'undone', 'nothing_to_undo', 'failed']),
      error: z.string().nullable(),
    }),
  ),
  audit: z.array(
    z.object({
      at: time,
      attempt: z.int(),
      revision: z.int(),
      from: compensationState,
      to: compensationState,
      accepted: z.boolean(),
      why: z.string().nullable(),
    }),
  ),
});
