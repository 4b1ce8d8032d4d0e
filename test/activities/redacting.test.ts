/** No error and no result of any activity holds a secret, in any spelling. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { redacting } from '../../src/activities/redacting';
import { addressed } from '../../src/activities/turns/turns';
import { createUndoActivities } from '../../src/activities/turns/undo';
import type { Activities } from '../../src/contract/activities';
import { agentToken } from '../../src/contract/agent/token';
import { DroverError } from '../../src/contract/errors';
import { createMonitorActivities } from '../../src/activities/monitor';
import { resolveSecret } from '../../src/providers/secrets';
import { activityEnvironment } from '../support/quiet';

const folder = mkdtempSync(join(tmpdir(), 'drover-secrets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'key.pem');
writeFileSync(file, '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nqhkiG9w0BAQEFAASCBKcwgg\n-----END KEY-----\n');

const settings = {
  agentSecret: 'the-secret-of-all-agents',
  environment: {
    SUB_A: 'short',
    HOOK: 'the "hook" secret/+',
    PROVIDER_API_KEY: 'sk-of-the-environment',
    MODEL: 'sk-of-a-variable',
    OTHER: 'sk-of-a-turn',
    BROKER: 'amqp://me:password-in-a-url@broker:5672',
    TERM: 'xterm-256color',
  },
};
const token = agentToken(settings.agentSecret, 'mars', 'A');
/** A call as any activity gets it. */
const call = {
  fleet: 'mars',
  agent: 'A',
  secret: 'env:SUB_A',
  subscription: { pool: 'p', name: 'a', assignment: 1, secret: `file:${file}` },
  target: { url: 'http://127.0.0.1:1', secret: 'env:HOOK' },
  spec: {
    name: 'A',
    provider: 'process',
    process: { command: ['x'], env: { DB_PASSWORD: 'of-the-file-itself', MODEL: 'env:MODEL' } },
  },
  references: ['env:OTHER'],
};
const SECRETS = {
  "the agent's token": token,
  'what the tokens are derived from': settings.agentSecret,
  'a variable that is named like a secret': 'sk-of-the-environment',
  "the call's own, however short": 'short',
  'one of a file, with its lines': 'MIIEvQIBADANBgkqhkiG9w0\nqhkiG9w0BAQEFAASCBKcwgg',
  'a line of it': 'qhkiG9w0BAQEFAASCBKcwgg',
  'one as JSON writes it': 'the \\"hook\\" secret/+',
  'one as a URL has it': encodeURIComponent('the "hook" secret/+'),
  "a variable of the agent's own file": 'of-the-file-itself',
  "what a variable of the agent's own file refers to": 'sk-of-a-variable',
  'what a turn says that its agent was started with': 'sk-of-a-turn',
  'a password in the URL of a variable': 'password-in-a-url',
};

/** Every activity of a worker, each of which throws this. */
function throwing(error: Error): Activities {
  const names: Record<keyof Activities, true> = {
    createResource: true,
    prepareResource: true,
    wakeResource: true,
    suspendResource: true,
    continueResource: true,
    stopResource: true,
    destroyResource: true,
    inspectResource: true,
    checkAgents: true,
    readLog: true,
    place: true,
    ensureAgent: true,
    retireAgent: true,
    keepAgent: true,
    askChange: true,
    abandonAgent: true,
    giveUpUnanswered: true,
    findLost: true,
    cancelRuns: true,
    planRun: true,
    setHold: true,
    askGateway: true,
    watchHealth: true,
    takeTurn: true,
    readTurns: true,
    reloadCredential: true,
    configurePools: true,
    raiseEvent: true,
    postWebhook: true,
    undoTurn: true,
    signalWorkflow: true,
    isBranch: true,
    pickReplica: true,
  };
  const all = Object.keys(names).map((name) => [name, () => Promise.reject(error)]);
  return redacting(Object.fromEntries(all) as Activities, settings);
}

async function thrownBy(all: Activities, name: keyof Activities, given: unknown = call): Promise<Error> {
  const activities: Readonly<Record<string, (given: never) => Promise<unknown>>> = { ...all };
  try {
    await activityEnvironment().run(async () => activities[name]?.(given as never));
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

/** All that a failure converter, or a log, could read of it. */
function whole(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const { message, stack = '', cause } = error;
  const details = error instanceof DroverError || error instanceof ApplicationFailure ? error.details : null;
  return [message, stack, JSON.stringify(details), cause === undefined ? '' : whole(cause)].join('\n');
}

const names = Object.keys(throwing(new Error('not asked'))) as (keyof Activities)[];

describe.each(Object.entries(SECRETS))('%s', (_, secret) => {
  test.each(names)('is in no failure of %s', async (name) => {
    const said = `401 bad key ${secret} for you`;
    const failures = [
      ApplicationFailure.create({
        message: said,
        type: 'ProviderError',
        details: [{ code: 'x', list: [said] }],
        cause: new Error(said),
      }),
      new DroverError('ProviderError', said, { permanent: true, said, [said]: 1 }, { cause: new TypeError(said) }),
      new RangeError(said),
    ];
    // These three calls name no agent.
    const isKnown =
      name !== 'place' ||
      [token, 'short', 'of-the-file-itself', 'sk-of-a-variable', 'sk-of-a-turn'].every((own) => own !== secret);
    for (const failure of failures) {
      const error = await thrownBy(throwing(failure), name);
      if (!isKnown) continue;
      expect(whole(error)).not.toContain(secret);
      expect(error.message).toMatch(/^401 bad key \*\*\*/);
    }
  });
});

test('other text, and the way on, stay', async () => {
  const failure = new ApplicationFailure(
    'xterm-256color',
    'RateLimited',
    true,
    [{ permanent: true, retryAfterMs: 5 }],
    undefined,
    7_000,
    'BENIGN',
  );
  const error = await thrownBy(throwing(failure), 'wakeResource');
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({
    message: 'xterm-256color',
    type: 'RateLimited',
    nonRetryable: true,
    details: [{ permanent: true, retryAfterMs: 5 }],
    nextRetryDelay: 7_000,
    category: 'BENIGN',
  });
  expect(error.stack).toBe(failure.stack);
  const drover = new DroverError('Forbidden', 'no', { permanent: true });
  expect(await thrownBy(throwing(drover), 'wakeResource')).toMatchObject({
    name: 'DroverError',
    code: 'Forbidden',
    details: { permanent: true },
  });
});

test('a cancellation stays one', async () => {
  const cancelled = new CancelledFailure('cancelled');
  expect(await thrownBy(throwing(cancelled), 'takeTurn')).toBe(cancelled);
  const aborted = Object.assign(new Error('aborted'), { name: 'AbortError' });
  expect(await thrownBy(throwing(aborted), 'takeTurn')).toMatchObject({ name: 'AbortError' });
});

test('the words of a result have none either; what it is for stays', async () => {
  const all = redacting(
    {
      ...throwing(new Error('not asked')),
      inspectResource: async () => ({ state: 'exited', exitCode: 1, pid: null, detail: `key ${token}` }),
      reloadCredential: async () => ({ reloaded: false, why: `key ${token}` }),
      createResource: async () => ({ resourceId: token }),
    },
    settings,
  );
  expect(await all.inspectResource(call as never)).toEqual({
    state: 'exited',
    exitCode: 1,
    pid: null,
    detail: 'key ***',
  });
  expect(await all.reloadCredential(call as never)).toEqual({ reloaded: false, why: 'key ***' });
  expect(await all.createResource(call as never)).toEqual({ resourceId: token });
});

test('a secret that was changed since is still one, and a call that names none knows of it', async () => {
  await resolveSecret('env:OLD', { OLD: 'a secret of yesterday' });
  const error = await thrownBy(throwing(new Error('bad key: a secret of yesterday')), 'signalWorkflow');
  expect(error.message).toBe('bad key: ***');
});

describe('what the workflow of an agent says', () => {
  const query = () => Promise.reject(new DroverError('Internal', `agent says ${token}`));

  test('to an undo', async () => {
    const calls = Object.assign(Object.create(null) as Parameters<typeof createUndoActivities>[0]['calls'], { query });
    const undo = createUndoActivities({ calls, agentSecret: settings.agentSecret });
    const all = redacting({ ...throwing(new Error('not asked')), ...undo }, settings);
    const given = { fleet: 'mars', agent: 'A', turnId: 't', undo: 1 };
    expect(whole(await thrownBy(all, 'undoTurn', given))).toContain('agent says ***');
  });

  test('to the monitor', async () => {
    const calls = { query, signal: () => Promise.resolve() };
    const monitor = createMonitorActivities({ calls, agentSecret: settings.agentSecret });
    const all = redacting({ ...throwing(new Error('not asked')), ...monitor }, settings);
    const watched = { agent: 'A', everyMs: 10, timeoutMs: 10, failures: 1, debounceMs: 10, renewMs: 10 };
    // The call is about a whole fleet; the token of one of its agents is known because this process has used it.
    addressed({ fleet: 'mars', agent: 'A', endpoint: 'http://127.0.0.1:1' }, settings, '/healthz');
    const given = { fleet: 'mars', agents: [watched] };
    expect(whole(await thrownBy(all, 'watchHealth', given))).toContain('agent says ***');
  });
});
