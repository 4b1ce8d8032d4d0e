/**
 * The fleet file (docs/provisioning.md): its zod schema, and the JSON Schema that editors use. For
 * the edges only, never for the sandbox.
 */
import { z } from 'zod';
import type { ApplyRequest, FleetFile } from '../fleet';
import { ON_DEADLINE } from '../run/inbox';
import { FLEET_LIMITS } from '../values/patterns';
import { duration, field, jsonSchema, name, positiveDuration as positive, requestId, strict } from './fields';
import { topologySchema } from './topology';
import { agent } from './fleet-agent';
import { application, liveness, restart, notify } from './fleet-policies';
import { secret, some, whole } from './texts';

const subscription = strict({
  pool: field(name, 'The name of the pool. Fleets that name the same pool share it.', { example: 'claude' }),
  credentials: field(
    some(
      strict({
        name: field(name, 'The name of the credential.', { example: 'sub-a' }),
        secret: field(secret, 'The reference to its secret.', { example: 'env:CLAUDE_A' }),
      }),
    ),
    'The interchangeable credentials of the pool.',
  ),
  skipFor: field(
    duration,
    'How long the pool does not assign a credential that failed, at most; a rate limit cools down for 30 s, doubling while it repeats.',
    {
      default: '2h',
    },
  ).optional(),
  ...application,
});

const inbox = strict({
  remindAfter: field(positive, 'When the webhooks are reminded of an open question (`question.reminded`), once.', {
    example: '1h',
  }).optional(),
  escalateAfter: field(positive, 'When an open question is escalated (`question.escalated`), once.', {
    example: '24h',
  }).optional(),
  escalateTo: field(z.string().min(1).max(200), 'Whom the event of the escalation names.', {
    example: 'oncall@example.com',
  }).optional(),
  deadline: field(positive, 'When a question that names no time of its own is over. Paused time does not count.', {
    example: '72h',
  }).optional(),
  onDeadline: field(
    z.enum(ON_DEADLINE),
    'The effect of a passed deadline: the `default` is the answer, the branch fails, or the question waits on.',
    { default: 'fail' },
  ).optional(),
  default: field(jsonSchema, 'The answer with `onDeadline: default`; only here it may be a consent.', {
    example: 'no',
  }).optional(),
});

/** A fleet's `spec`, field by field; `checkFleetFile` checks conditions across fields. */
export const fleetSpecSchema = strict({
  provisioning: field(
    strict({
      maxConcurrent: field(whole(1, FLEET_LIMITS.parallel), 'Agents that a change works on at a time.', {
        default: 16,
      }).optional(),
      onFailure: field(z.enum(['rollback', 'keep']), 'Whether a failed change is undone or kept as it is.', {
        default: 'rollback',
      }).optional(),
      timeout: field(positive, 'The limit of a change.', { default: '2h' }).optional(),
    }),
    'How changes are made.',
  ).optional(),
  liveness: liveness.optional(),
  restart: restart.optional(),
  agents: field(z.array(agent).max(FLEET_LIMITS.agents), 'The agents of the fleet.'),
  topology: field(topologySchema, 'The paths of runs; without it the fleet takes no runs.').optional(),
  subscriptions: field(z.array(subscription).max(FLEET_LIMITS.items), 'Pools of credentials.').optional(),
  notify: notify.optional(),
  inbox: field(inbox, 'Reminders, escalation and deadlines of the questions of runs.').optional(),
});

/** A whole fleet file. */
export const fleetFileSchema = strict({
  apiVersion: field(z.literal('drover/v1', { error: 'expected drover/v1' }), 'The version of this format.', {
    example: 'drover/v1',
  }),
  kind: field(z.literal('Fleet', { error: 'expected Fleet' }), 'The kind of file.', { example: 'Fleet' }),
  metadata: field(
    strict({ name: field(name, 'The name of the fleet.', { example: 'hello' }) }),
    'The identity of the fleet.',
  ),
  spec: field(fleetSpecSchema, 'The fleet itself.'),
});

/** The argument of `apply` over HTTP and from services. */
export const applyRequestSchema = strict({
  spec: fleetSpecSchema,
  expectRevision: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  requestId: requestId.optional(),
  dryRun: z.boolean().optional(),
});

/** The JSON Schema (2020-12) of the fleet file, for editors (`drover schema`). */
export function fleetFileJsonSchema(): z.core.JSONSchema.BaseSchema {
  const schema = z.toJSONSchema(fleetFileSchema, {
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === agent) jsonSchema.allOf = [blockOf('process'), blockOf('docker')];
    },
  });
  return { ...schema, title: 'Drover fleet', description: 'A fleet of AI agents: drover apply -f fleet.yaml' };
}

function blockOf(provider: 'process' | 'docker') {
  const isNamed = { properties: { provider: { const: provider } }, required: ['provider'] };
  if (provider === 'docker') return { if: isNamed, then: { required: [provider] } };
  const program = { required: ['process'], properties: { process: { required: ['command'] } } };
  return { if: isNamed, then: { anyOf: [{ required: ['adapter'] }, program] } };
}

/** Fails to compile if the schema and the type of the contract differ. */
type Reads<T, S extends z.ZodType> = z.infer<S> extends T ? true : false;
const agrees: [Reads<Loose<FleetFile>, typeof fleetFileSchema>, Reads<Loose<ApplyRequest>, typeof applyRequestSchema>] =
  [true, true];
void agrees;

/** Ignores that zod infers `field?: T | undefined` for `field?: T`, which is the same in JSON. */
type Loose<T> = T extends readonly (infer I)[]
  ? readonly Loose<I>[]
  : T extends object
    ? { readonly [K in keyof T]: undefined extends T[K] ? Loose<T[K]> | undefined : Loose<T[K]> }
    : T;
