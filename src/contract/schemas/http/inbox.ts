/** The calls about items that wait for a person. */
import { z } from 'zod';
import { itemRef, WAITING_KINDS } from '../../run/inbox';
import { name, positiveDuration, strict } from '../fields';
import * as views from '../views';
import type { Call } from './call';

const ofItem = strict({
  item: z.string().refine((id) => itemRef(id) !== undefined, 'expected the id of an item: fleet.run.number'),
});

/** Waiting items and their answers. */
export const inboxCalls = {
  listInbox: {
    method: 'GET',
    path: '/v1/inbox',
    summary: 'The items that wait for a person: questions, permissions and gates, the oldest first',
    access: 'viewer',
    scope: 'filtered',
    query: strict({ fleet: name.exactOptional(), kind: z.enum(WAITING_KINDS).exactOptional() }),
    answer: views.inboxSchema,
  },
  denyItems: {
    method: 'POST',
    path: '/v1/inbox/deny',
    summary: 'Say no to every waiting permission, or to every gate',
    access: 'operator',
    scope: 'filtered',
    body: strict({ kind: z.enum(['permission', 'gate']), fleet: name.exactOptional() }),
    keyed: true,
    answer: z.object({
      denied: z.array(z.string()),
      refused: z.array(z.object({ id: z.string(), why: z.string() })),
    }),
  },
  answerItem: {
    method: 'POST',
    path: '/v1/inbox/{item}/answer',
    summary: 'Answer one item; 409 if it was answered, is over, or its question has changed since `digest`',
    access: 'operator',
    scope: 'checked',
    params: ofItem,
    body: strict({
      value: z.unknown(),
      digest: z.string().max(100).exactOptional(),
      by: z.string().min(1).max(100).exactOptional(),
    }),
    keyed: true,
    answer: views.runViewSchema,
  },
  extendItem: {
    method: 'POST',
    path: '/v1/inbox/{item}/extend',
    summary: 'Move the deadline of one item; one that has passed counts from now',
    access: 'operator',
    scope: 'checked',
    params: ofItem,
    body: strict({ extension: positiveDuration }),
    keyed: true,
    answer: views.runViewSchema,
  },
} as const satisfies Record<string, Call>;
