/** Parses the shape of a topology in the sandbox; `compile.ts` checks its text. */
import { TOPOLOGY_LIMITS, type ConvergenceSpec, type TopologySpec } from '../../contract/fleet/topology';
import { positiveDuration } from '../lib/fields';
import { boolean, integer, list, name, number, object, oneOf, optional, type Parser, text } from '../lib/parse';

const policy = oneOf('strict', 'majority', 'user', 'any');
const ratio = number(0, 1);

const policyObject = object({
  minRatio: optional(ratio),
  onInsufficient: optional(oneOf('fail', 'proceed', 'user')),
  quorum: optional(integer(1, TOPOLOGY_LIMITS.agents)),
  terminateOrphans: optional(boolean),
  timeout: optional(positiveDuration),
});

const parseConvergence: Parser<ConvergenceSpec> = (value, path) => {
  if (typeof value === 'number') return ratio(value, path);
  return typeof value === 'string' ? policy(value, path) : policyObject(value, path);
};

const line = text(TOPOLOGY_LIMITS.line);

/** The `topology` of a fleet, a scenario or a run's input. */
export const parseTopologySpec: Parser<TopologySpec> = object({
  agents: optional(list(name, TOPOLOGY_LIMITS.agents)),
  flows: list(line, TOPOLOGY_LIMITS.flows),
  rules: optional(list(line, TOPOLOGY_LIMITS.rules)),
  convergence: optional(parseConvergence),
});
