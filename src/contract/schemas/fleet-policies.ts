/** The fields that an agent of a fleet file shares with its fleet or its pool. */
import { z } from 'zod';
import { RESTART_ON } from '../agent';
import { FLEET_LIMITS, VARIABLE_PATTERN, EVENT_PATTERN } from '../values/patterns';
import { field, strict, positiveDuration as positive, duration } from './fields';
import { pattern, secret, url, whole } from './texts';

/** The name of an environment variable. */
export const variable = z.string().regex(VARIABLE_PATTERN, 'is not a valid name of an environment variable');

const healthCheck = field(
  strict({
    every: field(positive, 'The time between two checks.', { default: '10s' }).optional(),
    timeout: field(positive, 'The limit of one check.', { default: '5s' }).optional(),
    failures: field(whole(1, 1_000), 'Failures in a row that count as one failure.', { default: 3 }).optional(),
    debounce: field(duration, 'How long checks must pass after a failure.', { default: '5s' }).optional(),
  }),
  'Calls of `GET /healthz` at the agent; `{}` turns them on with these defaults, and they are off without it.',
  { example: {} },
);

/** `liveness` of a fleet and of an agent. */
export const liveness = field(
  strict({
    heartbeatEvery: field(positive, 'How often the agent beats.', { default: '5s' }).optional(),
    staleAfter: field(positive, 'The silence after which the agent is `offline`.', { default: '60s' }).optional(),
    startupGrace: field(duration, 'How long the agent may be `starting`.', { default: '2m' }).optional(),
    readyTimeout: field(
      positive,
      'How long a change waits for the agent to be ready; by default as long as `startupGrace`.',
      { example: '90s' },
    ).optional(),
    healthCheck: healthCheck.optional(),
  }),
  'When an agent counts as alive.',
);

/** `restart` of a fleet and of an agent. */
export const restart = field(
  strict({
    on: field(
      z.enum(RESTART_ON),
      'After which ends the agent is started again, each with those before it; `offline`: after a silence of `staleAfter`, too.',
      { default: 'failure' },
    ).optional(),
    maxAttempts: field(whole(0, 1_000), 'Restarts within `window`; the agent has failed after one more crash.', {
      default: 3,
    }).optional(),
    window: field(positive, 'The time in which crashes are counted.', { default: '10m' }).optional(),
    backoff: field(
      strict({
        initial: field(positive, 'The pause before the first restart; it doubles.', { default: '1s' }).optional(),
        max: field(positive, 'The longest pause before a restart.', { default: '30s' }).optional(),
      }),
      'The pauses before restarts.',
    ).optional(),
  }),
  'The policy after a crash.',
);

/**
 * The fields that say how an agent receives its credential. A pool and an agent's `subscription`
 * share them.
 */
export const application = {
  inject: field(
    strict({
      env: field(variable, 'The variable in which a started agent receives its secret.', {
        example: 'ANTHROPIC_API_KEY',
      }),
    }),
    'How a started agent receives its secret.',
  ).optional(),
  autoSwitch: field(z.boolean(), 'Whether a failed credential is exchanged; `false` only records failures.', {
    default: true,
  }).optional(),
  drainTimeout: field(duration, 'How long turns in flight may finish before a switch.', { default: '10m' }).optional(),
  apply: field(
    z.enum(['hot', 'restart']),
    '`hot`: `POST /credentials` at the agent, or a restart if the agent does not take it; `restart`: a restart at once.',
    { default: 'hot' },
  ).optional(),
};

const notification = strict({
  url: field(url, 'Where events are posted.', { example: 'https://hooks.example.com/drover' }),
  secret: field(secret, 'The secret that signs the calls; without it they are not signed.', {
    example: 'env:HOOK_SECRET',
  }).optional(),
  events: field(
    z.array(pattern(EVENT_PATTERN, 'a kind of event such as agent.offline')).max(FLEET_LIMITS.items),
    'The types of events that it receives; by default those that [subscriptions.md](subscriptions.md#notifications) lists.',
    { example: ['agent.offline', 'run.failed'] },
  ).optional(),
});

/** `notify` of a fleet and of an agent. */
export const notify = field(z.array(notification).max(FLEET_LIMITS.items), 'Webhooks that receive events.');
