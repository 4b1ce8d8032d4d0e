/** Calls for pools. */
import type { DroverClient } from '../../client';
import { originOf } from '../access/caller';
import type { Handlers } from '../calls';

type PoolCalls = 'listPools' | 'describePool' | 'resetPool';

/** Handlers over the client. */
export function poolHandlers({ pools }: DroverClient): Handlers<PoolCalls> {
  return {
    listPools: ({ query: { pageSize, pageToken } }) =>
      pools.list({ ...(pageSize && { pageSize }), ...(pageToken && { pageToken }) }),
    describePool: ({ params }) => pools.describe(params.pool),
    resetPool: ({ params, body, idempotencyKey, request }) =>
      pools.reset(params.pool, body.credential, originOf(request, idempotencyKey)),
  };
}
