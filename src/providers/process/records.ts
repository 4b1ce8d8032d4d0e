/**
 * Records in the files of a process agent, and their parsers: after a power cut or an edit, a file
 * may hold anything.
 */
import { basename } from 'node:path';
import type { ProcessIdentity } from '../../lib/process-identity';

/** The owner of a directory. */
export interface ResourceRecord {
  readonly key: string;
  readonly fleet: string;
  readonly agent: string;
  readonly createdAt: string;
}

/** One instance: the leader of its process group, and its start in the log. */
export interface Instance {
  readonly number: number;
  readonly instanceId: string;
  readonly leader: ProcessIdentity;
  readonly logOffset: number;
  /** Reference to the secret that the instance was started with. */
  readonly secret?: string;
  /** Path of its cgroup, if it has one. */
  readonly cgroup?: string;
}

/** The record that remains of a destroyed resource. */
export interface Tombstone {
  readonly existed: boolean;
  readonly at: string;
}

/** Parses an owner; undefined for anything else. */
export function parseOwner(value: unknown): ResourceRecord | undefined {
  const { key, fleet, agent, createdAt } = fieldsOf(value);
  return isText(key) && isText(fleet) && isText(agent) && isTime(createdAt)
    ? { key, fleet, agent, createdAt }
    : undefined;
}

/**
 * Parses the instance of this number; undefined for anything else. Its pid can be signalled: it is
 * neither a group nor the first process.
 */
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
    // The cgroup's processes are killed with the agent, so it must be a cgroup of an agent.
    (cgroup === undefined || (isText(cgroup) && basename(cgroup).startsWith('drover-')));
  if (!isWhole) return undefined;
  const more = { ...(secret === undefined ? {} : { secret }), ...(cgroup === undefined ? {} : { cgroup }) };
  return { number, instanceId, leader: { pid, started }, logOffset, ...more };
}

/** Parses a tombstone; undefined for anything else. */
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
