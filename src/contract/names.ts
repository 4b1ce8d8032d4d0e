/**
 * Workflow types, ids, task queues and search attributes: all names that other programs may depend
 * on.
 */
import { fnv1a64 } from './values/fnv';

/** Workflow types (docs/architecture.md, "Workflows"). */
export const FLEET_WORKFLOW = 'fleet';
/** The type of a change. */
export const PROVISION_WORKFLOW = 'provision';
/** The type of an agent. */
export const AGENT_WORKFLOW = 'agent';
/** The type of a pool of credentials. */
export const POOL_WORKFLOW = 'pool';
/** The type of a run. */
export const RUN_WORKFLOW = 'run';
/** The type of a branch of a run. */
export const BRANCH_WORKFLOW = 'branch';
/** The type of one notification to one webhook. */
export const NOTIFY_WORKFLOW = 'notify';
/** The type of a gateway's lease. */
export const LEASE_WORKFLOW = 'lease';

/** The parts of a lease's workflow id. */
export interface LeaseName {
  readonly instance: string;
  readonly shard: number;
  readonly epoch: number;
}

/** The workflow id `fleet/<fleet>`. */
export function fleetWorkflowId(fleet: string): string {
  return `fleet/${fleet}`;
}

/** The workflow id `provision/<fleet>/<revision>`. */
export function provisionWorkflowId(fleet: string, revision: number): string {
  return `provision/${fleet}/${String(revision)}`;
}

/** The workflow id `provision/<fleet>/<revision>/<part>` of a part of a large change. */
export function provisionPartId(fleet: string, revision: number, part: string): string {
  return `${provisionWorkflowId(fleet, revision)}/${part}`;
}

/** The workflow id `agent/<fleet>/<agent>`. */
export function agentWorkflowId(fleet: string, agent: string): string {
  return `agent/${fleet}/${agent}`;
}

/** The name of a replica, counted from 1: `Worker-2`. */
export function replicaName(service: string, number: number): string {
  return `${service}-${String(number)}`;
}

/** Whether a name is that of a replica of the service, of any number. */
export function isReplicaName(service: string, name: string): boolean {
  return name.startsWith(`${service}-`) && /^[1-9][0-9]*$/.test(name.slice(service.length + 1));
}

/** The workflow id `pool/<pool>`. */
export function poolWorkflowId(pool: string): string {
  return `pool/${pool}`;
}

/** The workflow id `run/<fleet>/<run>`. */
export function runWorkflowId(fleet: string, run: string): string {
  return `run/${fleet}/${run}`;
}

/** The workflow id `lease/<instance>/<shard>/<epoch>`. */
export function leaseWorkflowId({ instance, shard, epoch }: LeaseName): string {
  return `lease/${instance}/${String(shard)}/${String(epoch)}`;
}

/** The pattern of a lease's workflow id. */
const LEASE_ID = /^lease\/([A-Za-z0-9-]{1,64})\/(0|[1-9]\d{0,5})\/([1-9]\d{0,8})$/;

/** The parts of a lease's workflow id; null for any other text. */
export function leaseOfId(id: string): LeaseName | null {
  const [, instance, shard, epoch] = LEASE_ID.exec(id) ?? [];
  if (instance === undefined) return null;
  return { instance, shard: Number(shard), epoch: Number(epoch) };
}

/**
 * The workflow id `notify/<eventId>`, or `notify/<eventId>/<n>` from the second webhook of an event
 * on.
 */
export function notifyWorkflowId(eventId: string, index = 0): string {
  return index === 0 ? `notify/${eventId}` : `notify/${eventId}/${String(index + 1)}`;
}

/**
 * The longest plain workflow id of a branch; a longer one is hashed, because PostgreSQL keeps at
 * most 255 characters.
 */
export const MAX_BRANCH_ID_LENGTH = 200;

/**
 * The workflow id `run/<fleet>/<run>/<branch>`, with the branch hashed (FNV-1a, 64 bits) beyond 200
 * characters.
 */
export function branchWorkflowId(fleet: string, run: string, branch: string): string {
  const plain = `${runWorkflowId(fleet, run)}/${branch}`;
  return plain.length <= MAX_BRANCH_ID_LENGTH ? plain : `${runWorkflowId(fleet, run)}/h-${fnv1a64(branch)}`;
}

/** The default prefix of every task queue. */
export const DEFAULT_QUEUE_PREFIX = 'drover';

/**
 * The task queues of one prefix. The prefix itself is the queue of workflows and short activities.
 */
export const queues = {
  main: (prefix: string): string => prefix,
  turns: (prefix: string): string => `${prefix}-turns`,
  monitor: (prefix: string): string => `${prefix}-monitor`,
  host: (prefix: string, host: string): string => `${prefix}-host-${host}`,
} as const;

/** The types of search attributes in use, in the words of Temporal's tools. */
export type SearchAttributeType = 'Keyword' | 'KeywordList' | 'Datetime';

/**
 * The one table of search attributes. Workers check them at their start, because an unregistered
 * one fails every workflow task. A namespace on PostgreSQL has 10 columns of the type Keyword and 3
 * of each other type, so Drover takes at most 8 Keyword, 2 KeywordList and 1 Datetime
 * (test/contract/search-attributes.test.ts).
 */
export const SEARCH_ATTRIBUTES = {
  DroverFleet: 'Keyword',
  DroverAgent: 'Keyword',
  DroverAgentStatus: 'Keyword',
  DroverLiveness: 'Keyword',
  DroverPool: 'Keyword',
  DroverSubscription: 'Keyword',
  DroverRunState: 'Keyword',
  DroverWaiting: 'Keyword',
  DroverHolds: 'KeywordList',
  /** When the workflow last recorded an event (docs/events.md). */
  DroverChangedAt: 'Datetime',
} as const satisfies Record<string, SearchAttributeType>;

/** The rule of names in words, for errors that begin with `use` or `expected`. */
export const NAME_RULE = '1 to 63 letters, digits, "-" or "_", starting with a letter';
/** The pattern of names of fleets, agents, runs, pools and credentials (`NAME_RULE`). */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** The prefix of the `requestId` with which a fleet sets its holds on an agent. */
export const HOLD_REQUEST = 'hold.';
/** The prefix of the `requestId` with which a fleet ends an agent. */
export const RETIRE_REQUEST = 'retire.';

/**
 * The incarnation of an agent that a service started itself; that of a fleet is 20 hexadecimal
 * digits.
 */
export const DIRECT_INCARNATION = 'direct';

/**
 * The memo of an agent's workflow with the incarnation of its fleet; an agent that a service
 * started has none.
 */
export const INCARNATION_MEMO = 'incarnation';

/** The default hold of an operator's `pause` and `resume`. */
export const OPERATOR_HOLD = 'operator';
/** The hold of a fleet-wide pause. */
export const FLEET_HOLD = 'fleet';
/** The hold of an agent whose pool is exhausted. */
export const SUBSCRIPTION_HOLD = 'subscription';
/** The hold of an agent that its fleet ends, until its turns have finished. */
export const RETIRE_HOLD = 'retire';
/** Drover's own holds, which do not count towards the limit of holds. */
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
