/**
 * The gateway's calls (docs/http.md): one table for the routes, the validation of requests, and
 * /openapi.json.
 */
import { agentCalls } from './agents';
import { bulkCalls, callsByAgents } from './by-agents';
import { auditCalls } from './audit';
import type { Call } from './call';
import { commandCalls } from './commands';
import { eventCalls } from './events';
import { fleetCalls } from './fleets';
import { inboxCalls } from './inbox';
import { machineCalls } from './machines';
import { poolCalls } from './pools';
import { runCalls } from './runs';
import { sessionCalls } from './sessions';

export { type Call, IDEMPOTENCY_KEY, LAST_EVENT_ID } from './call';

/** All calls, by their OpenAPI operation ids, with the role that each one needs. */
export const CALLS = {
  ...callsByAgents,
  ...agentCalls,
  ...commandCalls,
  ...fleetCalls,
  ...runCalls,
  ...poolCalls,
  ...eventCalls,
  ...bulkCalls,
  ...inboxCalls,
  ...sessionCalls,
  ...auditCalls,
  ...machineCalls,
} as const satisfies Record<string, Call>;

/** The name of a call. */
export type CallName = keyof typeof CALLS;
