import { createActivities } from '../../src/activities';
import type { FleetActivities, ResourceCall, WakeCall } from '../../src/contract/activities';
import { DroverError } from '../../src/contract/errors';
import { type Provider, type Providers, ABSENT, providerError } from '../../src/providers/provider';
import { activityEnvironment } from '../support/quiet';

const call: ResourceCall = {
  fleet: 'mars',
  agent: 'A',
  provider: 'memory',
  key: 'k',
  resourceId: null,
  spec: { name: 'A', provider: 'memory' },
};
const wake: WakeCall = { ...call, instanceId: 'i', subscription: null };

function fleetActivities(): FleetActivities {
  const unused = async (): Promise<never> => {
    throw new Error('not used here');
  };
  return {
    place: unused,
    ensureAgent: unused,
    retireAgent: unused,
    keepAgent: unused,
    askChange: unused,
    findLost: unused,
    cancelRuns: unused,
    planRun: unused,
    abandonAgent: unused,
    giveUpUnanswered: unused,
    setHold: unused,
  };
}

/** A provider that does what the test says, and records its calls. */
function recording(effect: () => unknown): { provider: Provider; asked: unknown[] } {
  const asked: unknown[] = [];
  const act =
    (name: string) =>
    async (...args: unknown[]): Promise<never> => {
      asked.push([name, ...args]);
      return effect() as never;
    };
  const provider: Provider = {
    kind: 'memory',
    create: act('create'),
    wake: act('wake'),
    suspend: act('suspend'),
    continue: act('continue'),
    stop: act('stop'),
    destroy: act('destroy'),
    inspect: act('inspect'),
    list: act('list'),
    logs: () => (async function* (): AsyncGenerator<Uint8Array> {})(),
  };
  return { provider, asked };
}

function activitiesOver(providers: Providers) {
  return createActivities({
    providers,
    turns: { takeTurn: () => Promise.resolve({ reply: null }) },
    turnRecords: { readTurns: () => Promise.resolve({ sealed: '' }) },
    fleet: fleetActivities(),
    undo: { undoTurn: () => Promise.resolve() },
    monitor: { watchHealth: () => Promise.resolve() },
    subscriptions: {
      reloadCredential: () => Promise.resolve({ reloaded: true, why: null }),
      configurePools: () => Promise.resolve(),
    },
    notifications: { raiseEvent: () => Promise.resolve(), postWebhook: () => Promise.resolve() },
    signals: { signalWorkflow: () => Promise.resolve('delivered'), isBranch: () => Promise.resolve(false) },
    replicas: { pickReplica: () => Promise.resolve({ agent: null }) },
    gateway: { askGateway: () => Promise.resolve({ listeningMs: null }) },
    secrets: { agentSecret: 'the-secret-of-agents', environment: {} },
  });
}

/** Runs something as the body of an activity. */
function asActivity<T>(work: () => Promise<T>): Promise<T> {
  return activityEnvironment().run(work);
}

test('each activity asks the provider of its kind and returns its answer', async () => {
  const { provider, asked } = recording(() => ABSENT);
  const activities = activitiesOver({ memory: provider });
  await asActivity(async () => {
    expect(await activities.inspectResource(call)).toEqual(ABSENT);
    await activities.createResource(call);
    await activities.wakeResource(wake);
    await activities.suspendResource(call);
    await activities.continueResource(call);
    await activities.destroyResource(call);
  });
  expect(asked).toEqual([
    ['inspect', call],
    ['create', call],
    ['wake', wake],
    ['suspend', call],
    ['continue', call],
    ['destroy', call],
  ]);
});

test('stop hands on the grace', async () => {
  const { provider, asked } = recording(() => undefined);
  const stop = { ...call, graceMs: 1_234 };
  await asActivity(() => activitiesOver({ memory: provider }).stopResource(stop));
  expect(asked).toEqual([['stop', stop, 1_234]]);
});

test.each(['createResource', 'destroyResource'] as const)(
  'a call that takes its time beats, so that a worker that is lost in it is noticed (%s)',
  async (operation) => {
    const environment = activityEnvironment();
    const beat = new Promise((resolve) => environment.on('heartbeat', resolve));
    const { provider, asked } = recording(() => beat);
    const activities = activitiesOver({ memory: provider });
    await environment.run(() => activities[operation](call));
    expect(asked).toHaveLength(1);
  },
);

test.each([
  [
    'a permanent error',
    providerError('no such image', { permanent: true }),
    { message: 'no such image', nonRetryable: true },
  ],
  ['a passing error', providerError('try again'), { message: 'try again', nonRetryable: false }],
  [
    'an error with its own delay',
    providerError('busy', { retryAfterMs: 700 }),
    { nonRetryable: false, nextRetryDelay: 700 },
  ],
  ['any other error', new Error('ENOSPC: no space left'), { message: 'ENOSPC: no space left', nonRetryable: false }],
])('%s becomes a failure', async (_, error, expected) => {
  const { provider } = recording(() => {
    throw error;
  });
  await expect(asActivity(() => activitiesOver({ memory: provider }).createResource(call))).rejects.toMatchObject({
    type: 'ProviderError',
    ...expected,
  });
});

test('a provider that this worker does not have is refused for good', async () => {
  await expect(asActivity(() => activitiesOver({}).createResource(call))).rejects.toMatchObject({
    type: 'ProviderError',
    nonRetryable: true,
    message: 'mars/A: this worker has no provider "memory"',
    details: [
      new DroverError('ProviderError', 'mars/A: this worker has no provider "memory"', {
        permanent: true,
        attempt: 1,
      }).toBody(),
    ],
  });
});
