/**
 * The fleet file (docs/provisioning.md): its zod schema, and the JSON Schema that editors use. For
 * the edges only, never for the sandbox.
 */
import { z } from 'zod';
import { misleadingVariable } from '../agent/references';
import type { ApplyRequest, FleetFile } from '../fleet';
import {
  EVENT_PATTERN,
  FLEET_LIMITS,
  HMAC_PATTERN,
  IMAGE_EXPECTED,
  IMAGE_PATTERN,
  KEY_ID_PATTERN,
  MEMORY_PATTERN,
  PASSED_EXPECTED,
  PASSED_PATTERN,
  SECRET_PATTERN,
  URL_PATTERN,
  VARIABLE_PATTERN,
} from '../patterns';
import { duration, name, positiveDuration as positive, requestId, strict } from './fields';
import { topologySchema } from './topology';

const line = z.string().max(FLEET_LIMITS.text);
const filled = line.min(1, 'is empty');
const pattern = (regex: RegExp, expected: string) => line.regex(regex, `expected ${expected}`);

const secret = pattern(SECRET_PATTERN, 'a reference such as env:NAME or file:path, never the secret itself');
const url = pattern(URL_PATTERN, 'an http or https URL without credentials');
const variable = z.string().regex(VARIABLE_PATTERN, 'is not a valid name of an environment variable');
const whole = (min: number, max: number) => z.int().min(min).max(max);
const some = <T extends z.ZodType>(item: T) => z.array(item).min(1, 'needs at least one item').max(FLEET_LIMITS.items);

const variableValue = line.superRefine((value, context) => {
  const message = misleadingVariable(value);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

const environment = z
  .record(variable, variableValue)
  .refine(
    (variables) => Object.keys(variables).length <= FLEET_LIMITS.items,
    `more than ${String(FLEET_LIMITS.items)} variables`,
  );

const passEnv = z.array(pattern(PASSED_PATTERN, PASSED_EXPECTED)).max(FLEET_LIMITS.items).optional();

const liveness = strict({
  heartbeatEvery: positive.optional(),
  staleAfter: positive.optional(),
  startupGrace: duration.optional(),
  readyTimeout: positive.optional(),
  healthCheck: strict({
    every: positive.optional(),
    timeout: positive.optional(),
    failures: whole(1, 1_000).optional(),
    debounce: duration.optional(),
  }).optional(),
});

const restart = strict({
  on: z.enum(['never', 'failure', 'always']).optional(),
  maxAttempts: whole(0, 1_000).optional(),
  window: positive.optional(),
  backoff: strict({ initial: positive.optional(), max: positive.optional() }).optional(),
});

/**
 * The fields that say how an agent receives its credential. A pool and an agent's `subscription`
 * share them.
 */
const application = {
  inject: strict({ env: variable }).optional(),
  autoSwitch: z.boolean().optional(),
  drainTimeout: duration.optional(),
  apply: z.enum(['hot', 'restart']).optional(),
};

const notification = strict({
  url,
  secret: secret.optional(),
  events: z.array(pattern(EVENT_PATTERN, 'a kind of event such as agent.offline')).max(FLEET_LIMITS.items).optional(),
});
const notify = z.array(notification).max(FLEET_LIMITS.items).optional();

const agent = strict({
  name,
  provider: z.enum(['process', 'docker', 'external'], {
    error: ({ input }) =>
      input === undefined
        ? 'is missing; known are process, docker, external'
        : `unknown provider ${JSON.stringify(input)}; known are process, docker, external`,
  }),
  process: strict({ command: some(filled), cwd: filled.optional(), env: environment.optional(), passEnv }).optional(),
  docker: strict({
    image: pattern(IMAGE_PATTERN, IMAGE_EXPECTED),
    command: some(filled).optional(),
    env: environment.optional(),
    passEnv,
    network: filled.optional(),
    memory: pattern(MEMORY_PATTERN, 'an amount of memory such as 512m').optional(),
    cpus: z.number().min(0.01).max(1_024).optional(),
  }).optional(),
  external: strict({
    create: url.optional(),
    wake: url.optional(),
    destroy: url.optional(),
    secret: secret.optional(),
  }).optional(),
  turns: strict({
    maxParallel: whole(1, FLEET_LIMITS.parallel).optional(),
    queue: whole(0, FLEET_LIMITS.queue).optional(),
    timeout: positive.optional(),
    unavailableTimeout: duration.optional(),
  }).optional(),
  subscription: strict({ pool: name, ...application }).optional(),
  notify,
  liveness: liveness.optional(),
  restart: restart.optional(),
  signature: strict({
    keyId: pattern(KEY_ID_PATTERN, 'the id of a key, as drover sign writes it'),
    hmac: pattern(HMAC_PATTERN, 'a signature, as drover sign writes it'),
  }).optional(),
});

const subscription = strict({
  pool: name,
  credentials: some(strict({ name, secret })),
  skipFor: duration.optional(),
  ...application,
});

/** A fleet's `spec`, field by field; `checkFleetFile` checks conditions across fields. */
export const fleetSpecSchema = strict({
  provisioning: strict({
    maxConcurrent: whole(1, FLEET_LIMITS.parallel).optional(),
    onFailure: z.enum(['rollback', 'keep']).optional(),
    timeout: positive.optional(),
  }).optional(),
  liveness: liveness.optional(),
  restart: restart.optional(),
  agents: z.array(agent).max(FLEET_LIMITS.agents),
  topology: topologySchema.optional(),
  subscriptions: z.array(subscription).max(FLEET_LIMITS.items).optional(),
  notify,
});

/** A whole fleet file. */
export const fleetFileSchema = strict({
  apiVersion: z.literal('drover/v1', { error: 'expected drover/v1' }),
  kind: z.literal('Fleet', { error: 'expected Fleet' }),
  metadata: strict({ name }),
  spec: fleetSpecSchema,
});

/** The argument of `apply` over HTTP and from services. */
export const applyRequestSchema = strict({
  spec: fleetSpecSchema,
  expectRevision: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  requestId: requestId.optional(),
  dryRun: z.boolean().optional(),
});

/** The JSON Schema (2020-12) of the fleet file, for editors (`drover schema`). */
export function fleetFileJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fleetFileSchema, {
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === agent) jsonSchema.allOf = [blockOf('process'), blockOf('docker')];
    },
  });
  return { ...schema, title: 'Drover fleet', description: 'A fleet of AI agents: drover apply -f fleet.yaml' };
}

function blockOf(provider: 'process' | 'docker') {
  return {
    if: { properties: { provider: { const: provider } }, required: ['provider'] },
    then: { required: [provider] },
  };
}

/** Fails to compile where the schema and the type of the contract differ. */
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
