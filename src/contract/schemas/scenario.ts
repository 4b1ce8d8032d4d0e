/**
 * Scenario files and scripts (docs/coordination.md, "Simulation"). For the edges only, never for
 * the sandbox.
 */
import { z } from 'zod';
import { NAME_PATTERN, NAME_RULE } from '../names';
import { FLEET_LIMITS } from '../values/patterns';
import { USER } from '../fleet/topology';
import { duration, strict } from './fields';
import { topologySchema } from './topology';

const timing = { delay: duration.exactOptional(), repeat: z.boolean().exactOptional() };

const given = z.unknown().refine((value) => value !== undefined, 'is missing');

/** A scripted reply. Only its shape is checked, because a script may test invalid replies. */
const reply = z.looseObject({ action: z.string('expected an action: invoke, final, ask or fail'), ...timing });
const answer = strict({ answer: given, ...timing });

function lastRepeats(replies: readonly { readonly repeat?: boolean }[]): boolean {
  return replies.every(({ repeat }, index) => repeat !== true || index === replies.length - 1);
}
const ONLY_LAST = 'only the last of the list can repeat';

/** Replies by agent, in order; `User` holds the human's answers. */
export const scriptSchema = z
  .object({ [USER]: z.array(answer).refine(lastRepeats, ONLY_LAST).exactOptional() })
  .catchall(z.array(reply).refine(lastRepeats, ONLY_LAST))
  .superRefine((script, context) => {
    for (const key of Object.keys(script)) {
      if (!NAME_PATTERN.test(key))
        context.addIssue({ code: 'custom', path: [key], message: `invalid name "${key}": use ${NAME_RULE}` });
    }
  });

/** A scenario file; rules/topology checks the text of its topology. */
export const scenarioSchema = strict({
  apiVersion: z.literal('drover/v1', { error: 'expected drover/v1' }),
  kind: z.literal('Scenario', { error: 'expected Scenario' }),
  topology: topologySchema,
  task: given,
  script: scriptSchema,
  replicas: z
    .record(z.string().regex(NAME_PATTERN, `invalid name: use ${NAME_RULE}`), z.int().min(0).max(FLEET_LIMITS.agents))
    .exactOptional(),
});
