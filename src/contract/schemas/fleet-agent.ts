/** The fields of an agent in a fleet file, and those that its fleet shares with it. */
import { z } from 'zod';
import { meantText } from '../values/nearest';
import { RETRY_REASONS } from '../agent';
import { misleadingVariable } from '../agent/references';
import {
  LABEL_KEY_EXPECTED,
  LABEL_KEY_PATTERN,
  LABEL_VALUE_EXPECTED,
  LABEL_VALUE_PATTERN,
  MOST_LABELS,
} from '../agent/labels';
import {
  FLEET_LIMITS,
  PASSED_PATTERN,
  PASSED_EXPECTED,
  IMAGE_PATTERN,
  IMAGE_EXPECTED,
  MEMORY_PATTERN,
  KEY_ID_PATTERN,
  HMAC_PATTERN,
} from '../values/patterns';
import { adapter } from './adapter';
import { field, strict, positiveDuration as positive, duration, name } from './fields';
import { filled, line, pattern, secret, some, url, whole } from './texts';
import { variable, liveness, restart, application, notify } from './fleet-policies';

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

const env = field(
  environment,
  'Variables of the agent beside those of Drover: texts, or references that its host resolves at each start.',
  { example: { OPENAI_API_KEY: 'env:OPENAI_API_KEY' } },
);

const passEnv = field(
  z.array(pattern(PASSED_PATTERN, PASSED_EXPECTED)).max(FLEET_LIMITS.items),
  "Names of the worker's variables that the agent receives too.",
  { example: ['HTTPS_PROXY', 'SSL_CERT_FILE'] },
);

/** The providers of a fleet file. */
const PROVIDER_NAMES = ['process', 'docker', 'external'] as const;

/** One agent. */
export const agent = strict({
  name: field(name, 'The name of the agent, unique in the fleet.', { example: 'Greeter' }),
  provider: field(
    z.enum(PROVIDER_NAMES, {
      error: ({ input }) =>
        input === undefined
          ? `is missing; known are ${PROVIDER_NAMES.join(', ')}`
          : `unknown provider ${JSON.stringify(input)}; ${meantText(typeof input === 'string' ? [input] : [], PROVIDER_NAMES)}known are ${PROVIDER_NAMES.join(', ')}`,
    }),
    'How the agent runs; a block of the same name says more.',
    { example: 'process' },
  ),
  process: field(
    strict({
      command: field(some(filled), 'The program and its arguments; needed unless the agent has an `adapter`.', {
        example: ['node', 'agent.mjs'],
      }).optional(),
      cwd: field(filled, 'The working directory, relative to the file; by default the folder of the file.', {
        example: 'agents/greeter',
      }).optional(),
      env: env.optional(),
      passEnv: passEnv.optional(),
    }),
    "A process on the worker's machine; needed for provider `process` unless the agent has an `adapter`.",
  ).optional(),
  docker: field(
    strict({
      image: field(pattern(IMAGE_PATTERN, IMAGE_EXPECTED), 'The image of the container.', {
        example: 'registry.example.com/team/agent:1.2',
      }),
      command: field(some(filled), "The program and its arguments; by default the image's.", {
        example: ['node', 'agent.mjs'],
      }).optional(),
      env: env.optional(),
      passEnv: passEnv.optional(),
      network: field(filled, "`host`, or the name of a network; by default the engine's.", {
        example: 'host',
      }).optional(),
      memory: field(
        pattern(MEMORY_PATTERN, 'an amount of memory such as 512m'),
        'The most memory, in bytes or with `k`, `m` or `g`; no limit by default.',
        {
          example: '512m',
        },
      ).optional(),
      cpus: field(z.number().min(0.01).max(1_024), 'The most processor cores; no limit by default.', {
        example: 1.5,
      }).optional(),
    }),
    'A container; needed for provider `docker`.',
  ).optional(),
  external: field(
    strict({
      create: field(url, 'Called to create the agent.', { example: 'https://agents.example.com/create' }).optional(),
      wake: field(url, 'Called to start the agent.', { example: 'https://agents.example.com/wake' }).optional(),
      destroy: field(url, 'Called to remove the agent.', {
        example: 'https://agents.example.com/destroy',
      }).optional(),
      secret: field(secret, 'The bearer token of these calls.', { example: 'env:AGENTS_TOKEN' }).optional(),
    }),
    'A service of your own, for provider `external`; a URL that is not given is not called.',
  ).optional(),
  adapter: field(
    adapter,
    'Makes an agent of a program that knows nothing of Drover ([adapters.md](adapters.md)); exactly one kind.',
  ).optional(),
  turns: field(
    strict({
      maxParallel: field(whole(1, FLEET_LIMITS.parallel), 'Turns that the agent takes at a time.', {
        default: 3,
      }).optional(),
      queue: field(whole(0, FLEET_LIMITS.queue), 'Turns that may wait for the agent.', { default: 1_000 }).optional(),
      timeout: field(positive, 'The limit of one turn.', { default: '10m' }).optional(),
      unavailableTimeout: field(duration, 'How long a turn waits for an agent that cannot take it.', {
        default: '2m',
      }).optional(),
      crashLimit: field(
        whole(1, FLEET_LIMITS.attempts),
        'Crashes of the process during one turn, after which that turn fails.',
        { default: 2 },
      ).optional(),
      retry: field(
        strict({
          attempts: field(
            whole(1, FLEET_LIMITS.attempts),
            'How often a turn is asked in all; by default 3, and for `rate_limit` as often as the time of the turn allows.',
            { example: 5 },
          ).optional(),
          backoff: field(
            strict({
              initial: field(positive, 'The wait before the second attempt; it doubles.', { default: '1s' }).optional(),
              max: field(positive, 'The longest wait, unless the agent asks for a longer one.', {
                default: '30s',
              }).optional(),
            }),
            'The waits between attempts.',
          ).optional(),
          on: field(
            z.array(z.enum(RETRY_REASONS)).max(RETRY_REASONS.length),
            'The failures after which the turn is asked again; `error` is a `fail` or a refusal.',
            { default: ['5xx', 'rate_limit'] },
          ).optional(),
        }),
        'When a failed turn is asked again.',
      ).optional(),
    }),
    'The turns of the agent.',
  ).optional(),
  replicas: field(
    whole(0, FLEET_LIMITS.agents),
    'How many equal agents this one stands for: `NAME-1` to `NAME-n`, with its name for all of them in flows.',
    { example: 3 },
  ).optional(),
  subscription: field(
    strict({
      pool: field(name, 'The pool of the credential.', { example: 'claude' }),
      ...application,
    }),
    "The credential of the agent. Its other fields replace the pool's for this agent.",
  ).optional(),
  notify: field(notify, "Webhooks of this agent in place of the fleet's.").optional(),
  liveness: field(liveness, "When this agent counts as alive; each field replaces the fleet's.").optional(),
  restart: field(restart, "The policy after a crash of this agent; each field replaces the fleet's.").optional(),
  keepSession: field(z.boolean(), 'Whether the agent keeps its session when it is made again, such as by a replace.', {
    default: false,
  }).optional(),
  labels: field(
    z
      .record(
        z.string().regex(LABEL_KEY_PATTERN, LABEL_KEY_EXPECTED),
        pattern(LABEL_VALUE_PATTERN, LABEL_VALUE_EXPECTED),
      )
      .refine((labels) => Object.keys(labels).length <= MOST_LABELS, `more than ${String(MOST_LABELS)} labels`),
    'Words by which `get agents -l` chooses; replicas have those of their agent.',
    { example: { team: 'search', tier: 'test' } },
  ).optional(),
  signature: field(
    strict({
      keyId: field(pattern(KEY_ID_PATTERN, 'the id of a key, as drover sign writes it'), 'The id of the key.', {
        example: '0123456789abcdef',
      }),
      hmac: field(pattern(HMAC_PATTERN, 'a signature, as drover sign writes it'), 'The signature.', {
        example: 'a'.repeat(43),
      }),
    }),
    'The signature that `drover sign` writes.',
  ).optional(),
});
