/** What the files of a process agent hold, and how each is read: a file may be anything after a power cut, or when somebody has edited it. */
import { basename } from 'node:path';
import type { ProcessIdentity } from '../../lib/process-identity';

/** The owner of a directory. */
export interface ResourceRecord {
  readonly key: string;
  readonly fleet: string;
  readonly agent: string;
  readonly createdAt: string;
}

/** One start: who leads its process group, and where in the log it begins. */
export interface Instance {
  readonly number: number;
  readonly instanceId: string;
  readonly leader: ProcessIdentity;
  readonly logOffset: number;
  /** Reference to the secret that it was started with. */
  readonly secret?: string;
  /** Path of its cgroup, where it has one. */
  readonly cgroup?: string;
}

/** What stays of a destroyed resource. */
export interface Tombstone {
  readonly existed: boolean;
  readonly at: string;
}

/** An owner; undefined for anything else. */
export function parseOwner(value: unknown): ResourceRecord | undefined {
  const { key, fleet, agent, createdAt } = fieldsOf(value);
  return isText(key) && isText(fleet) && isText(agent) && isTime(createdAt)
    ? { key, fleet, agent, createdAt }
    : undefined;
}

/** The instance of this number; undefined for anything else. Its pid is one that may be signalled: neither a group nor the first process. */
export function parseInstance(value: unknown, number: number): Instance | undefined {
  const { number: written, instanceId, leader, logOffset, secret, cgroup } = fieldsOf(value);
  const { pid, started } = fieldsOf(leader);
  const isWhole =
    written === number &&
    isText(instanceId) &&
    isCount(pid) &&
    pid > 1 &&
    isText(started) &&
    isCount(logOffset) &&
    (secret === undefined || isText(secret)) &&
    // What is in a cgroup is killed with the agent, so it must be one that was made for an agent.
    (cgroup === undefined || (isText(cgroup) && basename(cgroup).startsWith('drover-')));
  if (!isWhole) return undefined;
  const more = { ...(secret === undefined ? {} : { secret }), ...(cgroup === undefined ? {} : { cgroup }) };
  return { number, instanceId, leader: { pid, started }, logOffset, ...more };
}

/** A tombstone; undefined for anything else. */
export function parseTombstone(value: unknown): Tombstone | undefined {
  const { existed, at } = fieldsOf(value);
  return typeof existed === 'boolean' && isTime(at) ? { existed, at } : undefined;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
