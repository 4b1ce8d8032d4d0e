/** The call for events. */
import { z } from 'zod';
import { EVENT_TYPES } from '../../event';
import { fullName, name, strict } from '../fields';
import * as views from '../views';
import { type Call, LAST_EVENT_ID } from './call';

/** Events as they happen. */
export const eventCalls = {
  events: {
    method: 'GET',
    path: '/v1/events',
    summary: 'Events of agents, changes, runs and pools, as server-sent events',
    access: 'viewer',
    scope: 'filtered',
    query: strict({
      fleet: name.exactOptional(),
      agent: fullName.exactOptional(),
      run: fullName.exactOptional(),
      type: z.enum(EVENT_TYPES).exactOptional(),
    }),
    headers: z.object({ [LAST_EVENT_ID]: z.string().exactOptional() }),
    answer: z.union([views.eventSchema, views.reportedProgressSchema]),
    stream: true,
  },
} as const satisfies Record<string, Call>;
