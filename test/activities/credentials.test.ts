/** A new credential for a running agent, and webhooks: what goes over the wire, and what does not get into a failure. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '@temporalio/client';
import { Webhook } from 'standardwebhooks';
import { createNotificationActivities } from '../../src/activities/notifications';
import { createSubscriptionActivities } from '../../src/activities/subscriptions';
import { Calls } from '../../src/client/temporal/calls';
import type { CredentialCall } from '../../src/contract/activities';
import { agentToken } from '../../src/contract/agent/token';
import type { NotifyInput } from '../../src/contract/event';
import { failureOf } from './failure-of';
import { activityEnvironment } from '../support/quiet';

const SECRET = 'sk-the-secret';
const environment = {
  KEY: SECRET,
  HOOK: `whsec_${Buffer.from('a key of 24 bytes or more').toString('base64')}`,
  RAW: 'plain text',
};
/** Not used by what is tested here: nothing is sent to it. */
const calls = new Calls(new Client());

interface Seen {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const servers: Server[] = [];
let seen: Seen[];

beforeEach(() => (seen = []));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function answering(status: number): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      seen.push({ url: request.url, headers: request.headers, body });
      response.writeHead(status).end(`echo: ${body}`);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

describe('a new credential', () => {
  const activities = createSubscriptionActivities({ calls, agentSecret: 'secret', environment });
  const reload = (endpoint: string | null, secret = 'env:KEY', attempt = 1) => {
    const subscription = { pool: 'p', name: 'b', assignment: 2, secret };
    const call: CredentialCall = { fleet: 'mars', agent: 'A', endpoint, subscription };
    return activityEnvironment({ attempt }).run((given: CredentialCall) => activities.reloadCredential(given), call);
  };

  test('goes to the agent at its path, with its own token', async () => {
    expect(await reload(await answering(200))).toEqual({ reloaded: true, why: null });
    expect(seen).toMatchObject([
      { url: '/credentials', headers: { authorization: `Bearer ${agentToken('secret', 'mars', 'A')}` } },
    ]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ pool: 'p', subscription: 'b', assignment: 2, secret: SECRET });
  });

  test.each([404, 500, 400])('one that answers %i does not take it; nothing of its answer is told', async (status) => {
    const result = await reload(await answering(status));
    expect(result).toEqual({ reloaded: false, why: `it answered ${String(status)} to POST /credentials` });
  });

  test('one without an endpoint cannot take it, one that is not there is tried again, and then restarted', async () => {
    expect(await reload(null)).toMatchObject({ reloaded: false });
    const gone = 'http://127.0.0.1:1';
    expect(await failureOf(reload(gone))).toMatchObject({ type: 'AgentUnavailable', nonRetryable: false });
    expect(await reload(gone, 'env:KEY', 3)).toEqual({
      reloaded: false,
      why: 'its endpoint could not be reached (ECONNREFUSED)',
    });
    const busy = await answering(503);
    expect((await failureOf(reload(busy))).nonRetryable).toBe(false);
    expect(await reload(busy, 'env:KEY', 3)).toMatchObject({ reloaded: false });
  });

  test('a reference that leads nowhere fails for good, and names it', async () => {
    const failure = await failureOf(reload(await answering(200), 'env:NOWHERE'));
    expect([failure.type, failure.nonRetryable, failure.message]).toEqual([
      'ProviderError',
      true,
      "secret env:NOWHERE: the worker's environment has no variable NOWHERE",
    ]);
    expect(seen).toEqual([]);
  });
});

describe('a webhook', () => {
  const activities = createNotificationActivities({ calls, environment });
  const event = {
    id: 'evt_1',
    type: 'agent.offline',
    at: '2026-01-05T12:00:00.000Z',
    data: { agent: 'mars/A' },
  } as const;
  const post = (target: NotifyInput['target']) =>
    activityEnvironment().run(() => activities.postWebhook({ v: 1, event, target }));

  test.each([
    ['a secret of the standard', 'env:HOOK', new Webhook(environment.HOOK)],
    ['any other text', 'env:RAW', new Webhook(environment.RAW, { format: 'raw' })],
  ])('is signed with %s', async (_, secret, webhook) => {
    await post({ url: `${await answering(204)}/hook`, secret });
    const [sent] = seen;
    expect(sent).toMatchObject({
      url: '/hook',
      headers: { 'webhook-id': 'evt_1', 'content-type': 'application/json' },
    });
    expect(webhook.verify(sent?.body ?? '', sent?.headers as Record<string, string>)).toEqual({
      type: 'agent.offline',
      timestamp: event.at,
      data: { agent: 'mars/A' },
    });
  });

  test('without a secret is not signed', async () => {
    await post({ url: await answering(200) });
    expect(seen[0]?.headers['webhook-signature']).toBeUndefined();
  });

  test.each([
    [500, false],
    [302, false],
    [404, false],
    [410, true],
  ])('that answers %i is tried again, unless it wants no more', async (status, nonRetryable) => {
    const failure = await failureOf(post({ url: await answering(status) }));
    expect([failure.nonRetryable, failure.message]).toEqual([nonRetryable, `the webhook answered ${String(status)}`]);
  });

  test('whose secret or host is not there is tried again', async () => {
    const url = await answering(200);
    expect((await failureOf(post({ url, secret: 'env:NOWHERE' }))).nonRetryable).toBe(false);
    expect((await failureOf(post({ url: 'http://127.0.0.1:1' }))).nonRetryable).toBe(false);
    expect(seen).toEqual([]);
  });

  test('may not lead to where clouds keep their metadata', async () => {
    expect((await failureOf(post({ url: 'http://169.254.169.254/latest' }))).message).toContain('169.254.169.254');
  });
});
