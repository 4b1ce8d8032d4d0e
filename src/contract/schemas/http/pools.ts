/** The calls about pools of credentials. */
import { name, strict } from '../fields';
import * as views from '../views';
import type { Call } from './call';
import { paging } from './parts';

const ofPool = strict({ pool: name });

/** Pools of credentials. */
export const poolCalls = {
  listPools: {
    method: 'GET',
    path: '/v1/pools',
    summary: 'Pools of credentials, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'shared',
    query: strict(paging),
    answer: views.page(views.poolListItemSchema),
  },
  describePool: {
    method: 'GET',
    path: '/v1/pools/{pool}',
    summary:
      'One pool: the credential of each agent, recent failures, and the time until which a credential is not assigned',
    access: 'viewer',
    scope: 'shared',
    params: ofPool,
    answer: views.poolViewSchema,
  },
  resetPool: {
    method: 'POST',
    path: '/v1/pools/{pool}/reset',
    summary: 'Forget the failures of one credential, or of all',
    access: 'operator',
    scope: 'shared',
    params: ofPool,
    body: strict({ credential: name.exactOptional() }),
    keyed: true,
    bodyOptional: true,
    answer: views.poolViewSchema,
  },
} as const satisfies Record<string, Call>;
