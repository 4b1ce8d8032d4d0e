/** Plans a change: creates, hot updates, replaces and deletes, with the fields that differ. */
import type { AgentSpec, AgentSubscriptionSpec } from '../../contract/agent';
import type { LostParts, WorkflowEnd } from '../../contract/ends';
import type { ChangeKind, FleetSpec, OwnedAgent, PlannedChange } from '../../contract/fleet';
import { lostText } from '../lib/ends';
import { unsigned } from '../agent/spec';
import { isRecord } from '../lib/parse';

/** An agent that a fleet owns, with its current specification. */
export type OwnedWithSpec = OwnedAgent & { readonly spec: AgentSpec };

/** The fields that a running agent can take over; any other field needs a new resource. */
const HOT_FIELDS: readonly string[] = ['turns', 'subscription', 'notify', 'liveness', 'restart', 'signature'];

/**
 * A fleet's agents in the order of the file, merged with the `liveness`, `restart` and `notify` of
 * the fleet and the settings of their pools. An agent's own settings win, key by key.
 */
export function desiredAgents(spec: FleetSpec): AgentSpec[] {
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
 * The same, where the file has no signature with the one that the fleet has of the same
 * specification.
 */
export function signedAgents(spec: FleetSpec, owned: Readonly<Record<string, OwnedWithSpec>>): AgentSpec[] {
  return desiredAgents(spec).map((desired) => {
    const signed = owned[desired.name]?.spec;
    if (desired.signature || !signed?.signature || differingFields(unsigned(signed), desired).length > 0)
      return desired;
    return { ...desired, signature: signed.signature };
  });
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
  const { agents: _before, ...was } = before;
  const { agents: _after, ...is } = after;
  return differingFields(was, is);
}

/**
 * JSON paths at which two values differ (`process.env.LETTERS`), sorted; a list differs as a whole.
 */
export function differingFields(before: unknown, after: unknown, path = ''): string[] {
  const was = fieldsOf(before, after);
  const is = fieldsOf(after, before);
  if (!was || !is) return equal(before, after) ? [] : [path];
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  return keys.flatMap((key) => differingFields(was[key], is[key], path === '' ? key : `${path}.${key}`));
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
