/** The items that wait for a person. */
import { z } from 'zod';
import { ON_DEADLINE, WAITING_KINDS } from '../../run/inbox';
import { json, time } from './parts';

const waitingItem = z.object({
  id: z.string(),
  kind: z.enum(WAITING_KINDS),
  fleet: z.string(),
  run: z.string(),
  branch: z.string(),
  agent: z.string(),
  prompt: json,
  options: z.array(json).exactOptional(),
  context: json,
  askedAt: time,
  deadline: time.exactOptional(),
  onDeadline: z.enum(ON_DEADLINE).exactOptional(),
  remindAt: time.exactOptional(),
  escalateTo: z.string().exactOptional(),
  isExpired: z.boolean(),
  isPaused: z.boolean(),
  digest: z.string(),
});

/** The items that wait for a person, and the runs that did not answer. */
export const inboxSchema = z.object({
  items: z.array(waitingItem),
  unanswered: z.array(z.object({ fleet: z.string(), run: z.string(), why: z.string() })),
});
