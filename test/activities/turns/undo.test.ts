import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApplicationFailure } from '@temporalio/common';
import { createUndoActivities } from '../../../src/activities/turns/undo';
import type { Calls } from '../../../src/client/temporal/calls';
import { agentToken } from '../../../src/contract/agent/token';
import { DroverError } from '../../../src/contract/errors';
import { activityEnvironment } from '../../support/quiet';

let server: Server;
const seen: { url: string | undefined; authorization: string | undefined; body: unknown }[] = [];
let status = 200;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      seen.push({ url: request.url, authorization: request.headers.authorization, body: JSON.parse(text) as unknown });
      response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const endpoint = () => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;

/** Calls that know one agent. */
function callsTo(view: { endpoint: string | null; status: string } | DroverError): Calls {
  const query = () => (view instanceof DroverError ? Promise.reject(view) : Promise.resolve(view));
  return Object.assign(Object.create(null) as Calls, { query });
}

async function undo(view: Parameters<typeof callsTo>[0]): Promise<ApplicationFailure | 'undone'> {
  const activities = createUndoActivities({ calls: callsTo(view), agentSecret: 'secret' });
  const call = { fleet: 'mars', agent: 'A', turnId: 'r/0/1', undo: { booking: 7 } };
  try {
    await activityEnvironment().run(() => activities.undoTurn(call));
    return 'undone';
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
}

it('asks the agent at its present endpoint, with its own token', async () => {
  status = 204;
  expect(await undo({ endpoint: endpoint(), status: 'running' })).toBe('undone');
  expect(seen).toEqual([
    {
      url: '/undo',
      authorization: `Bearer ${agentToken('secret', 'mars', 'A')}`,
      body: { turnId: 'r/0/1', undo: { booking: 7 } },
    },
  ]);
});

it.each([
  [503, 'AgentUnavailable', false],
  [404, 'TurnRejected', true],
  [500, 'TurnRejected', true],
])('an answer of %d is %s', async (answered, type, nonRetryable) => {
  status = answered;
  expect(await undo({ endpoint: endpoint(), status: 'running' })).toMatchObject({ type, nonRetryable });
});

it.each([
  ['refuses connections', { endpoint: 'http://127.0.0.1:1/', status: 'running' }, 'AgentUnavailable', false],
  ['has no endpoint yet', { endpoint: null, status: 'running' }, 'AgentUnavailable', false],
  ['is terminated', { endpoint: endpoint.name, status: 'terminated' }, 'TurnRejected', true],
  ['never was', new DroverError('AgentNotFound', 'no agent'), 'AgentNotFound', true],
])('an agent that %s', async (_, view, type, nonRetryable) => {
  expect(await undo(view)).toMatchObject({ type, nonRetryable });
});
