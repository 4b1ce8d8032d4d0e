/** The decision of `scale`: the fleet's own specification with another number of replicas. */
import { DroverError } from '../../../contract/errors';
import type { ApplyRequest, ScaleRequest } from '../../../contract/fleet';
import { isReplicaName } from '../../../contract/names';
import { crossProblems } from '../spec/check';
import type { FleetState } from '../state';

/**
 * The `apply` that scales an agent. It keeps signatures, which do not cover the number of replicas.
 * Throws `InvalidRequest` for an agent without replicas, and `InvalidFleet` for too many agents.
 */
export function scaled({ fleet, spec }: FleetState, { agent: name, replicas, ...request }: ScaleRequest): ApplyRequest {
  const service = spec.agents.find((agent) => agent.name === name);
  if (service?.replicas === undefined) throw new DroverError('InvalidRequest', whyNot(fleet, spec, name));
  const agents = spec.agents.map((agent) => (agent === service ? { ...agent, replicas } : agent));
  const wanted = { ...spec, agents };
  const [problem] = crossProblems(wanted);
  if (problem) throw new DroverError('InvalidFleet', `cannot scale ${fleet}/${name}: ${problem.message}`);
  return { ...request, spec: wanted };
}

function whyNot(fleet: string, { agents }: FleetState['spec'], name: string): string {
  const service = agents.find((agent) => agent.replicas !== undefined && isReplicaName(agent.name, name));
  if (service) return `${fleet}/${name} is a replica: scale ${fleet}/${service.name}`;
  if (agents.some((agent) => agent.name === name))
    return `${fleet}/${name} has no replicas: write replicas: 1 into its file and apply it`;
  const known = agents.filter(({ replicas }) => replicas !== undefined).map((agent) => agent.name);
  const which =
    known.length === 0 ? 'no agent of the fleet has replicas' : `those with replicas are ${known.join(', ')}`;
  return `fleet ${fleet} has no agent "${name}"; ${which}`;
}
