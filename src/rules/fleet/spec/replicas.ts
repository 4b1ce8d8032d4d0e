/**
 * Replicas: an agent of the file with `replicas: n` stands for the agents `<name>-1` to `<name>-n`.
 * Its own name is a service, which flows name; each turn goes to one of the replicas.
 */
import type { AgentSpec } from '../../../contract/agent';
import type { FleetSpec } from '../../../contract/fleet';
import { FLEET_LIMITS } from '../../../contract/values/patterns';
import { isReplicaName, replicaName } from '../../../contract/names';
import type { Problem } from '../../lib/problem';
import { isRecord } from '../../lib/parse';

/** The agents that stand for one of the file, at most as many as a fleet may have. */
export function replicasOf({ replicas, ...spec }: AgentSpec): AgentSpec[] {
  if (replicas === undefined) return [spec];
  const count = Math.min(replicas, FLEET_LIMITS.agents);
  return Array.from({ length: count }, (_, index) => ({
    ...spec,
    name: replicaName(spec.name, index + 1),
    replicaOf: spec.name,
  }));
}

/** The services of a fleet, each with its number of replicas; undefined if it has none. */
export function servicesOf({ agents }: FleetSpec): Readonly<Record<string, number>> | undefined {
  const services = agents.flatMap(({ name, replicas }) => (replicas === undefined ? [] : [[name, replicas] as const]));
  return services.length === 0 ? undefined : Object.fromEntries(services);
}

/** The problems of replicas in agents of any shape: their number, and names that are reserved for them. */
export function replicaProblems(agents: readonly unknown[]): Problem[] {
  const named = agents.map((agent) => (isRecord(agent) && typeof agent['name'] === 'string' ? agent['name'] : null));
  const services = agents.flatMap((agent, index) => {
    const name = named[index];
    return isRecord(agent) && agent['replicas'] !== undefined && name !== null && name !== undefined ? [name] : [];
  });
  const reserved = named.flatMap((name, index): Problem[] => {
    const service = name === null ? undefined : services.find((candidate) => isReplicaName(candidate, name));
    if (service === undefined) return [];
    const message = `"${String(name)}" is reserved for the replicas of "${service}"; give the agent another name`;
    return [{ path: ['agents', index, 'name'], message }];
  });
  return [...reserved, ...tooLong(named, services), ...tooMany(agents)];
}

/** Room for `-1000` in a name of 63 characters. */
const SERVICE_NAME_LENGTH = 58;

function tooLong(named: readonly (string | null)[], services: readonly string[]): Problem[] {
  return named.flatMap((name, index) =>
    name !== null && services.includes(name) && name.length > SERVICE_NAME_LENGTH
      ? [
          {
            path: ['agents', index, 'name'],
            message: `is longer than ${String(SERVICE_NAME_LENGTH)} characters, which leaves no room for the number of a replica`,
          },
        ]
      : [],
  );
}

function tooMany(agents: readonly unknown[]): Problem[] {
  const count = agents.reduce<number>((sum, agent) => {
    const replicas = isRecord(agent) ? agent['replicas'] : undefined;
    return sum + (typeof replicas === 'number' ? replicas : 1);
  }, 0);
  if (agents.length > FLEET_LIMITS.agents || count <= FLEET_LIMITS.agents) return [];
  const message = `${String(count)} agents with all replicas, at most ${String(FLEET_LIMITS.agents)} are allowed; split the fleet`;
  return [{ path: ['agents'], message }];
}
