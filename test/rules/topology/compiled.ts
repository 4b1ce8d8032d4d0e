/** Compiled topologies, and the problems of their texts. */
import type { TopologySpec } from '../../../src/contract/fleet/topology';
import { compileTopology, mustCompile } from '../../../src/rules/topology/compile';
import type { Topology } from '../../../src/rules/topology/topology';

export const compiled = (spec: TopologySpec, known?: readonly string[]): Topology =>
  mustCompile(spec, 'InvalidScenario', known);

export function problems(spec: TopologySpec, known?: readonly string[]): string[] {
  const result = compileTopology(spec, known);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}
