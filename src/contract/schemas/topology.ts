/** The `topology` of a fleet file or a scenario; rules/topology checks its text. */
import { z } from 'zod';
import { TOPOLOGY_LIMITS } from '../fleet/topology';
import { field, name, positiveDuration, strict } from './fields';

const line = z.string().max(TOPOLOGY_LIMITS.line);
const ratio = z.number().min(0, 'a ratio is from 0 to 1').max(1, 'a ratio is from 0 to 1');

const convergence = z.union(
  [
    z.enum(['strict', 'majority', 'user', 'any']),
    ratio,
    strict({
      minRatio: field(ratio, 'The share of sources that must arrive.', { default: 1 }).optional(),
      onInsufficient: field(
        z.enum(['fail', 'proceed', 'user']),
        'The effect of fewer sources: the run fails, goes on, or asks the human.',
        { default: 'fail' },
      ).optional(),
      quorum: field(
        z.int().min(1).max(TOPOLOGY_LIMITS.agents),
        'The number of sources after which it goes on and cancels the rest; by default it waits for all.',
        { example: 2 },
      ).optional(),
      terminateOrphans: field(z.boolean(), 'Whether branches that are no longer needed end.', {
        default: true,
      }).optional(),
      timeout: field(positiveDuration, 'How long it waits for sources; no limit by default.', {
        example: '5m',
      }).optional(),
    }),
  ],
  {
    error:
      'expected strict, majority, user, any, a ratio from 0 to 1, or an object such as {minRatio: 1, onInsufficient: fail}',
  },
);

/** `topology` of a fleet file and of a scenario. */
export const topologySchema = strict({
  agents: field(z.array(name).max(TOPOLOGY_LIMITS.agents), 'The nodes, if the flows do not name all of them.', {
    example: ['Greeter', 'Translator'],
  }).optional(),
  flows: field(z.array(line).max(TOPOLOGY_LIMITS.flows), 'The edges between agents, `Start`, `End` and `User`.', {
    example: ['Start -> Greeter', 'Greeter <-> Translator', 'Greeter -> End'],
  }),
  rules: field(z.array(line).max(TOPOLOGY_LIMITS.rules), 'Limits and exceptions, one a line.', {
    example: ['timeout(180)', 'max_turns_total(50)'],
  }).optional(),
  convergence: field(convergence, 'When a fan-out goes on: a named policy, a ratio, or its parts.', {
    default: 'strict',
  }).optional(),
});
