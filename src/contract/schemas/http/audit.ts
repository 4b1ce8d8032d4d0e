/** The call that shows who did what. */
import { z } from 'zod';
import type { AuditEntry } from '../../caller/audit';
import { ROLES } from '../../caller/role';
import { name, strict } from '../fields';
import { errorCode } from '../views/parts';
import type { Call } from './call';
import { flag, number } from './parts';

const entry = z.object({
  at: z.string(),
  who: z.string().nullable(),
  role: z.enum(ROLES).nullable(),
  from: z.string().nullable(),
  method: z.string(),
  path: z.string(),
  source: z.literal('workflow').exactOptional(),
  fleet: z.string().exactOptional(),
  agent: z.string().exactOptional(),
  run: z.string().exactOptional(),
  requestId: z.string().nullable(),
  status: z.int(),
  code: errorCode.nullable(),
  more: z.int().exactOptional(),
}) satisfies z.ZodType<AuditEntry>;

/** The audit trail. */
export const auditCalls = {
  audit: {
    method: 'GET',
    path: '/v1/audit',
    summary:
      'Who did what, the newest first: through this gateway, and as the workflows have recorded it; of the last 24 hours unless `since` says otherwise',
    access: 'operator',
    scope: 'filtered',
    query: strict({
      fleet: name.exactOptional(),
      agent: name.exactOptional(),
      run: name.exactOptional(),
      since: z.iso.datetime({ offset: true }).exactOptional(),
      refused: flag,
      limit: number(1, 1_000),
    }),
    answer: z.object({
      items: z.array(entry),
      /** Workflows that were not asked, or did not answer. */
      unread: z.int(),
      /** Why no workflow was asked; null: they were. */
      problem: z.string().nullable(),
    }),
  },
} as const satisfies Record<string, Call>;
