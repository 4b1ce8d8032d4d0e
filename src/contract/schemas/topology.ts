/** The `topology` of a fleet file or a scenario; rules/topology checks its text. */
import { z } from 'zod';
import { TOPOLOGY_LIMITS } from '../fleet/topology';
import { name, positiveDuration, strict } from './fields';

const line = z.string().max(TOPOLOGY_LIMITS.line);
const ratio = z.number().min(0, 'a ratio is from 0 to 1').max(1, 'a ratio is from 0 to 1');

const convergence = z.union(
  [
    z.enum(['strict', 'majority', 'user', 'any']),
    ratio,
    strict({
      minRatio: ratio.optional(),
      onInsufficient: z.enum(['fail', 'proceed', 'user']).optional(),
      quorum: z.int().min(1).max(TOPOLOGY_LIMITS.agents).optional(),
      terminateOrphans: z.boolean().optional(),
      timeout: positiveDuration.optional(),
    }),
  ],
  {
    error:
      'expected strict, majority, user, any, a ratio from 0 to 1, or an object such as {minRatio: 1, onInsufficient: fail}',
  },
);

export const topologySchema = strict({
  agents: z.array(name).max(TOPOLOGY_LIMITS.agents).optional(),
  flows: z.array(line).max(TOPOLOGY_LIMITS.flows),
  rules: z.array(line).max(TOPOLOGY_LIMITS.rules).optional(),
  convergence: convergence.optional(),
});
