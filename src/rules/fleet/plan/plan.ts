/** Plans a change: creates, hot updates, replaces and deletes, with the fields that differ. */
import type { AgentSpec, AgentSubscriptionSpec } from '../../../contract/agent';
import type { LostParts, WorkflowEnd } from '../../../contract/ends';
import type { ChangeKind, FleetSpec, OwnedAgent, PlannedChange } from '../../../contract/fleet';
import { lostText } from '../../lib/ends';
import { unsigned } from '../../agent/spec/spec';
import { replicasOf } from '../spec/replicas';
import { isRecord } from '../../lib/parse';

/** An agent that a fleet owns, with its current specification. */
export type OwnedWithSpec = OwnedAgent & { readonly spec: AgentSpec };

/** The fields that a running agent can take over; any other field needs a new resource. */
const HOT_FIELDS: readonly string[] = [
  'turns',
  'subscription',
  'notify',
  'liveness',
  'restart',
  'keepSession',
  'labels',
  'signature',
];

/** A fleet's agents in the order of the file, each with all of its replicas. */
export function desiredAgents(spec: FleetSpec): AgentSpec[] {
  return mergedAgents(spec).flatMap(replicasOf);
}

/**
 * The agents of the file one by one, merged with the `liveness`, `restart` and `notify` of the
 * fleet and the settings of their pools. An agent's own settings win, key by key.
 */
export function mergedAgents(spec: FleetSpec): AgentSpec[] {
  return spec.agents.map((agent) => {
    const liveness = merge(spec.liveness, agent.liveness);
    const restart = merge(spec.restart, agent.restart);
    const notify = agent.notify ?? spec.notify;
    const subscription = agent.subscription && {
      ...poolSettings(spec, agent.subscription.pool),
      ...agent.subscription,
    };
    return {
      ...agent,
      ...(liveness && { liveness }),
      ...(restart && { restart }),
      ...(notify && { notify }),
      ...(subscription && { subscription }),
    };
  });
}

function poolSettings(spec: FleetSpec, name: string): Omit<AgentSubscriptionSpec, 'pool'> {
  const found = spec.subscriptions?.find(({ pool }) => pool === name);
  if (!found) return {};
  const { pool: _pool, credentials: _credentials, skipFor: _skipFor, ...settings } = found;
  return settings;
}

function merge<T extends object>(fleet: T | undefined, agent: T | undefined): T | undefined {
  if (!fleet || !agent) return agent ?? fleet;
  const result: Record<string, unknown> = Object.fromEntries(Object.entries(fleet));
  for (const [key, value] of Object.entries(agent)) {
    const below = result[key];
    result[key] = isRecord(below) && isRecord(value) ? { ...below, ...value } : value;
  }
  return result as T;
}

/**
 * The desired agents. One without a signature in the file gets the signature that the fleet has of
 * the same specification: its agent's own, or for a new replica that of any other replica or of
 * `former`, the previous file.
 */
export function signedAgents(
  spec: FleetSpec,
  owned: Readonly<Record<string, OwnedWithSpec>>,
  former: FleetSpec = { agents: [] },
): AgentSpec[] {
  const known = [...Object.values(owned).map((agent) => agent.spec), ...mergedAgents(former).flatMap(asReplica)];
  return desiredAgents(spec).map((desired) => {
    if (desired.signature) return desired;
    const others =
      desired.replicaOf === undefined ? [] : known.filter(({ replicaOf }) => replicaOf === desired.replicaOf);
    const candidates = [owned[desired.name]?.spec, ...others];
    const signed = candidates.find((candidate) => candidate?.signature && isSameProgram(candidate, desired));
    return signed?.signature ? { ...desired, signature: signed.signature } : desired;
  });
}

function isSameProgram(one: AgentSpec, other: AgentSpec): boolean {
  return differingFields({ ...unsigned(one), name: other.name }, unsigned(other)).length === 0;
}

/** One replica of an agent that has replicas, however many. */
function asReplica(agent: AgentSpec): AgentSpec[] {
  return agent.replicas === undefined ? [] : replicasOf({ ...agent, replicas: 1 });
}

/**
 * The changes from the actual to the desired agents: in the order of the file, then the deletes by
 * name. `lost`: owned agents whose workflows have ended; each is created again.
 */
export function planChanges(
  owned: Readonly<Record<string, OwnedWithSpec>>,
  spec: FleetSpec,
  lost: LostParts['agents'] = {},
): PlannedChange[] {
  const desired = desiredAgents(spec);
  const wanted = new Set(desired.map(({ name }) => name));
  const gone = Object.keys(owned).filter((agent) => !wanted.has(agent));
  return [
    ...desired.flatMap((agent) => planAgent(owned[agent.name], agent, lost[agent.name])),
    ...gone.sort().map((agent) => ({ kind: 'delete' as const, agent, fields: [] })),
  ];
}

function planAgent(
  owned: OwnedWithSpec | undefined,
  desired: AgentSpec,
  end: WorkflowEnd | undefined,
): PlannedChange[] {
  const agent = desired.name;
  if (!owned) return [{ kind: 'create', agent, fields: [] }];
  if (end) return [{ kind: 'create', agent, fields: [], why: lostText(end) }];
  const fields = agentFields(owned.spec, desired);
  if (fields.length === 0 && owned.doubt === undefined) return [];
  return [{ kind: changeKind(fields, owned.doubt), agent, fields }];
}

/**
 * Another signature of the same specification is a difference, a missing one is not: the agent
 * keeps what it has.
 */
function agentFields(owned: AgentSpec, desired: AgentSpec): string[] {
  const fields = differingFields(unsigned(owned), unsigned(desired));
  const isSignedAnew = desired.signature !== undefined && !equal(owned.signature, desired.signature);
  return fields.length === 0 && isSignedAnew ? ['signature'] : fields;
}

function changeKind(fields: readonly string[], doubt: OwnedAgent['doubt']): ChangeKind {
  const hot = fields.every((field) => HOT_FIELDS.includes(field.split('.')[0] ?? field));
  return hot && doubt !== 'resource' ? 'update' : 'replace';
}

/** The JSON paths of the fleet's own settings that differ; they change no agent's resource. */
export function differingSettings(before: FleetSpec, after: FleetSpec): string[] {
  const { agents: former, ...was } = before;
  const { agents, ...is } = after;
  return [...idleServices(former, agents), ...differingFields(was, is)];
}

/** Agents with no replica, now or before, that differ: nothing else of the plan would show them. */
function idleServices(before: readonly AgentSpec[], after: readonly AgentSpec[]): string[] {
  const idle = (agents: readonly AgentSpec[]) => agents.filter(({ replicas }) => replicas === 0).map(unsigned);
  const [was, is] = [idle(before), idle(after)];
  const names = [...new Set([...was, ...is].map(({ name }) => name))].sort();
  const of = (agents: readonly AgentSpec[], name: string) => agents.find((agent) => agent.name === name);
  return names.filter((name) => !equal(of(was, name), of(is, name))).map((name) => `agents.${name}`);
}

/**
 * JSON paths at which two values differ (`process.env.LETTERS`), sorted; a list differs as a whole.
 */
export function differingFields(before: unknown, after: unknown): string[] {
  return differingValues(before, after).map(({ field }) => field);
}

/** A field that differs, with both values; undefined: absent. */
interface DifferingValue {
  readonly field: string;
  readonly was: unknown;
  readonly is: unknown;
}

/** The fields of `differingFields`, with their values. */
export function differingValues(before: unknown, after: unknown, path = ''): DifferingValue[] {
  const was = fieldsOf(before, after);
  const is = fieldsOf(after, before);
  if (!was || !is) return equal(before, after) ? [] : [{ field: path, was: before, is: after }];
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return keys.flatMap((key) => differingValues(was[key], is[key], path === '' ? key : `${path}.${key}`));
}

/**
 * Treats an absent value beside an object as an empty object, so that the paths name its fields.
 */
function fieldsOf(value: unknown, other: unknown): Record<string, unknown> | undefined {
  if (isRecord(value)) return value;
  return value === undefined && isRecord(other) && Object.keys(other).length > 0 ? {} : undefined;
}

function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  return isRecord(a) && isRecord(b) ? differingFields(a, b).length === 0 : a === b;
}
