/** Checks a fleet's topology against the fleet's agents. */
import { NAME_PATTERN } from '../../../contract/names';
import type { Problem } from '../../lib/problem';
import { isRecord } from '../../lib/parse';
import { compileLoose } from '../../topology/compile';
import type { TopologyProblem } from '../../topology/problems';

/**
 * The problems of a fleet's `topology` in any shape, without those of names and `convergence`,
 * which the file's schema reports.
 */
export function topologyProblems(topology: unknown, agents: readonly string[]): Problem[] {
  if (!isRecord(topology)) return [];
  const compiled = compileLoose(topology, agents);
  if (compiled.ok) return [];
  return compiled.problems
    .filter((problem) => !isField(problem, topology))
    .map(({ place, message }) => ({ path: place, message }));
}

function isField({ place }: TopologyProblem, topology: Readonly<Record<string, unknown>>): boolean {
  const [key, index] = place;
  const listed = topology['agents'];
  const name: unknown = key === 'agents' && Array.isArray(listed) ? listed[Number(index)] : undefined;
  return key === 'convergence' || (typeof name === 'string' && !NAME_PATTERN.test(name));
}

/** The warnings of a fleet's topology: agents that no run can reach. */
export function topologyWarnings(spec: unknown): Problem[] {
  const topology = isRecord(spec) ? spec['topology'] : undefined;
  const agents = isRecord(spec) && Array.isArray(spec['agents']) ? spec['agents'] : [];
  const names = agents.flatMap((agent: unknown) => {
    const name = isRecord(agent) ? agent['name'] : undefined;
    return typeof name === 'string' ? [name] : [];
  });
  const compiled = isRecord(topology) ? compileLoose(topology, names) : undefined;
  return compiled?.ok ? compiled.warnings.map((message) => ({ path: ['topology', 'flows'], message })) : [];
}
