/** Workflow types, ids, task queues and search attributes: every name that another program may depend on, built in one place. */
import { fnv1a64 } from './fnv';

/** Workflow types (docs/architecture.md, "Workflows"). */
export const FLEET_WORKFLOW = 'fleet';
export const PROVISION_WORKFLOW = 'provision';
export const AGENT_WORKFLOW = 'agent';
export const POOL_WORKFLOW = 'pool';
export const RUN_WORKFLOW = 'run';
export const BRANCH_WORKFLOW = 'branch';
export const NOTIFY_WORKFLOW = 'notify';

/** `fleet/<fleet>`. */
export function fleetWorkflowId(fleet: string): string {
  return `fleet/${fleet}`;
}

/** `provision/<fleet>/<revision>`. */
export function provisionWorkflowId(fleet: string, revision: number): string {
  return `provision/${fleet}/${String(revision)}`;
}

/** `provision/<fleet>/<revision>/<part>`: a part of a change that is too large for one workflow. */
export function provisionPartId(fleet: string, revision: number, part: string): string {
  return `${provisionWorkflowId(fleet, revision)}/${part}`;
}

/** `agent/<fleet>/<agent>`. */
export function agentWorkflowId(fleet: string, agent: string): string {
  return `agent/${fleet}/${agent}`;
}

/** `pool/<pool>`. */
export function poolWorkflowId(pool: string): string {
  return `pool/${pool}`;
}

/** `run/<fleet>/<run>`. */
export function runWorkflowId(fleet: string, run: string): string {
  return `run/${fleet}/${run}`;
}

/** `notify/<eventId>`; with several webhooks for one event, `notify/<eventId>/<n>` from the second on. */
export function notifyWorkflowId(eventId: string, index = 0): string {
  return index === 0 ? `notify/${eventId}` : `notify/${eventId}/${String(index + 1)}`;
}

/** The longest branch workflow id that is written out; a longer one is hashed (`workflow_id` is VARCHAR(255) on PostgreSQL). */
export const MAX_BRANCH_ID_LENGTH = 200;

/** `run/<fleet>/<run>/<branch>`, with the branch hashed (FNV-1a, 64 bits) beyond 200 characters. */
export function branchWorkflowId(fleet: string, run: string, branch: string): string {
  const plain = `${runWorkflowId(fleet, run)}/${branch}`;
  return plain.length <= MAX_BRANCH_ID_LENGTH ? plain : `${runWorkflowId(fleet, run)}/h-${fnv1a64(branch)}`;
}

/** The prefix of every task queue unless configured. */
export const DEFAULT_QUEUE_PREFIX = 'drover';

/** Task queues of one prefix. The prefix itself is the queue of workflows and short activities. */
export const queues = {
  main: (prefix: string): string => prefix,
  turns: (prefix: string): string => `${prefix}-turns`,
  monitor: (prefix: string): string => `${prefix}-monitor`,
  host: (prefix: string, host: string): string => `${prefix}-host-${host}`,
} as const;

/** Search attributes and their types; checked before a worker polls, as an unregistered one wedges every task. */
export const SEARCH_ATTRIBUTES = {
  DroverFleet: 'Keyword',
  DroverAgent: 'Keyword',
  DroverAgentStatus: 'Keyword',
  DroverLiveness: 'Keyword',
  DroverPool: 'Keyword',
  DroverSubscription: 'Keyword',
  DroverHolds: 'KeywordList',
} as const satisfies Record<string, 'Keyword' | 'KeywordList'>;

/** Names of fleets, agents, runs, pools and credentials: 1 to 63 of letters, digits, `-`, `_`, starting with a letter. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** How the `requestId` begins with which a fleet tells an agent of its holds. */
export const HOLD_REQUEST = 'hold.';
/** How the `requestId` begins with which a fleet ends an agent itself. */
export const RETIRE_REQUEST = 'retire.';

/** The incarnation of an agent that a service has started itself; a fleet's is 20 hexadecimal digits. */
export const DIRECT_INCARNATION = 'direct';

/** The memo of an agent's workflow that names the incarnation of its fleet; an agent that a service has started has none. */
export const INCARNATION_MEMO = 'incarnation';

/** The hold that an operator's `pause` and `resume` use when they name none. */
export const OPERATOR_HOLD = 'operator';
/** The hold of a fleet-wide pause. */
export const FLEET_HOLD = 'fleet';
/** The hold of an agent whose pool is exhausted. */
export const SUBSCRIPTION_HOLD = 'subscription';
/** The hold of an agent that its fleet ends, while its turns finish. */
export const RETIRE_HOLD = 'retire';
/** Holds of Drover's own, for which every agent has room beside those that users name. */
export const RESERVED_HOLDS: readonly string[] = [OPERATOR_HOLD, FLEET_HOLD, SUBSCRIPTION_HOLD, RETIRE_HOLD];

/** The query that every workflow answers with its view. */
export const DESCRIBE = 'describe';

const MOVE = 'moved.';

/** The id of the request that a pool makes for an agent whose credential was removed or changed. */
export function moveId(agent: string, assignment: number): string {
  return `${MOVE}${agent}.${String(assignment)}`;
}

/** Whether the pool itself made the request. */
export function isMove(requestId: string): boolean {
  return requestId.startsWith(MOVE);
}
