/** No activity gives out a secret whose reference is not allowed, whichever field names it. */
import { Client } from '@temporalio/client';
import { createNotificationActivities } from '../../src/activities/notifications';
import { admittingReferences } from '../../src/activities/references';
import { createProviderActivities } from '../../src/activities/resources';
import { createSubscriptionActivities } from '../../src/activities/subscriptions';
import { Calls } from '../../src/client/temporal/calls';
import type { Activities } from '../../src/contract/activities';
import { ExternalProvider } from '../../src/providers/external';
import { callFor, wakeOf } from '../providers/calls';
import { ExternalService } from '../providers/external-service';
import { activityEnvironment } from '../support/quiet';

const SECRET = 'sk-of-the-user-of-the-worker';
const environment = { ALLOWED: SECRET, OTHER: SECRET };
const agentSecret = 'the-secret-of-all-agents';
const calls = new Calls(new Client());

const service = new ExternalService();
beforeAll(() => service.listen());
afterAll(() => service.close());
beforeEach(() => service.requests.splice(0));

const external = new ExternalProvider({ environment, gatewayUrl: 'http://127.0.0.1:1', agentSecret });
/** The activities that resolve references, over real ones. */
const all = admittingReferences(
  {
    ...createProviderActivities({ external }),
    ...createSubscriptionActivities({ calls, agentSecret, environment }),
    ...createNotificationActivities({ calls, environment }),
  } as Activities,
  async (reference) => reference === 'env:ALLOWED',
);

const spec = (secret: string | undefined) => ({
  provider: 'external' as const,
  external: {
    create: `${service.url}/create`,
    wake: `${service.url}/wake`,
    destroy: `${service.url}/destroy`,
    ...(secret === undefined ? {} : { secret }),
  },
});
const credential = (secret: string) => ({ pool: 'p', name: 'a', assignment: 1, secret });
const event = { id: 'evt_1', type: 'agent.ready', at: '2026-01-01T00:00:00.000Z', data: {} } as const;

const DOORS: Readonly<Record<string, (reference: string) => Promise<unknown>>> = {
  'the secret of a service, at its create': (reference) => all.createResource(callFor('inst', spec(reference))),
  'the secret of a service, at its wake': (reference) => all.wakeResource(wakeOf(callFor('inst', spec(reference)))),
  'the secret of a service, at its destroy': (reference) => all.destroyResource(callFor('inst', spec(reference))),
  'the credential of an agent that is woken': (reference) =>
    all.wakeResource({ ...wakeOf(callFor('inst', spec(undefined))), subscription: credential(reference) }),
  'the credential of an agent that runs': (reference) =>
    all.reloadCredential({ fleet: 'mars', agent: 'A', endpoint: service.url, subscription: credential(reference) }),
  'the secret of a webhook': (reference) =>
    all.postWebhook({ v: 1, event, target: { url: `${service.url}/hook`, secret: reference } }),
};

const asActivity = (work: () => Promise<unknown>) => activityEnvironment().run(work);

test.each(Object.keys(DOORS))('%s', async (door) => {
  const ask = DOORS[door];
  if (!ask) throw new Error(`no door ${door}`);
  await expect(asActivity(() => ask('env:OTHER'))).rejects.toMatchObject({
    type: 'Forbidden',
    nonRetryable: door !== 'the secret of a webhook',
    message: expect.stringMatching(/^secret env:OTHER: .*DROVER_REFERENCES/) as string,
  });
  expect(service.requests).toEqual([]);
  // The webhook of the test answers 404, which is tried again.
  await asActivity(() => ask('env:ALLOWED')).catch((error: unknown) => {
    if (door !== 'the secret of a webhook') throw error;
  });
  expect(service.requests).toHaveLength(1);
});
