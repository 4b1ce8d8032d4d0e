/**
 * The conditions across several fields of a fleet. Every check takes any shape, so that a file with
 * wrong fields still shows all of its problems at once.
 */
import { jsonProblem } from '../../../contract/values/json';
import { END, START, USER } from '../../../contract/fleet/topology';
import { isRecord } from '../../lib/parse';
import { blockProblems } from '../../agent/spec/spec';
import type { Problem } from '../../lib/problem';
import { replicaProblems } from './replicas';
import { topologyProblems } from './topology';

/** The nodes of every topology that are not agents (docs/coordination.md). */
const RESERVED_NAMES: readonly string[] = [START, END, USER];

/** The problems of a fleet's `spec` across several fields. */
export function crossProblems(spec: unknown): Problem[] {
  if (!isRecord(spec)) return [];
  const unwritable = jsonProblem(spec);
  if (unwritable) return [unwritable];
  const agents = Array.isArray(spec['agents']) ? spec['agents'] : [];
  const subscriptions = Array.isArray(spec['subscriptions']) ? spec['subscriptions'] : [];
  return [
    ...impossibleKeys(spec),
    ...duplicateAgents(agents),
    ...reservedAgents(agents),
    ...replicaProblems(agents),
    ...foreignReplicas(agents),
    ...agents.flatMap((agent, index) => within(['agents', index], blockProblems(agent))),
    ...poolProblems(subscriptions),
    ...unknownPools(agents, subscriptions),
    ...within(['topology'], topologyProblems(spec['topology'], agents.flatMap(nameOf))),
  ];
}

/** A key that JavaScript treats specially, and that libraries drop silently. */
function impossibleKeys(value: unknown): Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item] as const)
    : Object.entries(value);
  return entries.flatMap(([key, item]) => {
    if (key === '__proto__') return [{ path: [key], message: 'cannot be a key', atKey: true as const }];
    return within([key], impossibleKeys(item));
  });
}

function within(prefix: readonly (string | number)[], problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: [...prefix, ...problem.path] }));
}

function nameOf(item: unknown): string[] {
  return textAt(item, 'name');
}

function textAt(item: unknown, field: string): string[] {
  const value = isRecord(item) ? item[field] : undefined;
  return typeof value === 'string' ? [value] : [];
}

/** The values that occur earlier in the list, with their positions. */
function repeats(values: readonly (string | undefined)[]): { index: number; value: string }[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    if (value === undefined) return [];
    if (seen.has(value)) return [{ index, value }];
    seen.add(value);
    return [];
  });
}

function duplicateAgents(agents: readonly unknown[]): Problem[] {
  const repeated = repeats(agents.map((agent) => nameOf(agent)[0]));
  const [first] = repeated;
  if (!first) return [];
  const names = [...new Set(repeated.map(({ value }) => value))].join(', ');
  const message = `Duplicate agent names not allowed: [${names}]. Each agent must have a unique name.`;
  return [{ path: ['agents', first.index, 'name'], message }];
}

function reservedAgents(agents: readonly unknown[]): Problem[] {
  return agents.flatMap((agent, index) =>
    nameOf(agent)
      .filter((name) => RESERVED_NAMES.includes(name))
      .map((name) => ({
        path: ['agents', index, 'name'],
        message: `"${name}" is a reserved node of every topology; give the agent another name`,
      })),
  );
}

/** Only Drover writes it, when it makes replicas; the schema of the file does not know it. */
function foreignReplicas(agents: readonly unknown[]): Problem[] {
  return agents.flatMap((agent, index) =>
    isRecord(agent) && agent['replicaOf'] !== undefined
      ? [{ path: ['agents', index, 'replicaOf'], message: 'is not a field of a fleet file; write replicas' }]
      : [],
  );
}

function poolProblems(subscriptions: readonly unknown[]): Problem[] {
  const pools = repeats(subscriptions.map((subscription) => textAt(subscription, 'pool')[0])).map(
    ({ index, value }) => ({
      path: ['subscriptions', index, 'pool'],
      message: `duplicate pool "${value}"; describe each pool once`,
    }),
  );
  const credentials = subscriptions.flatMap((subscription, index) => {
    const list = isRecord(subscription) ? subscription['credentials'] : undefined;
    if (!Array.isArray(list)) return [];
    return repeats(list.map((credential) => nameOf(credential)[0])).map((repeat) => ({
      path: ['subscriptions', index, 'credentials', repeat.index, 'name'],
      message: `duplicate credential "${repeat.value}"; give each credential of a pool its own name`,
    }));
  });
  return [...pools, ...credentials];
}

function unknownPools(agents: readonly unknown[], subscriptions: readonly unknown[]): Problem[] {
  const known = subscriptions.flatMap((subscription) => textAt(subscription, 'pool'));
  return agents.flatMap((agent, index) =>
    textAt(isRecord(agent) ? agent['subscription'] : undefined, 'pool')
      .filter((pool) => !known.includes(pool))
      .map((pool) => ({
        path: ['agents', index, 'subscription', 'pool'],
        message: `unknown pool "${pool}"; ${known.length === 0 ? 'the file has no subscriptions' : `known are ${known.join(', ')}`}`,
      })),
  );
}
