/** The health monitor itself, with real agents to ask and a stand-in for their workflows. */
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMonitorActivities, type MonitorSettings } from '../../src/activities/monitor';
import type { WatchedAgent } from '../../src/contract/activities';
import { until } from '../../src/lib/until';
import { view } from '../gateway/agent-view';
import { activityEnvironment } from '../support/quiet';

const HOUR = 3_600_000;
const WATCHED: WatchedAgent = { agent: 'a', everyMs: 20, timeoutMs: 5_000, failures: 3, debounceMs: 100, renewMs: 60 };

let server: Server;
let endpoint = '';
let status = 200;

beforeAll(async () => {
  server = createServer((_request, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterAll(() => server.close());
beforeEach(() => (status = 200));
afterEach(() => jest.restoreAllMocks());

/** Watches the agent until `enough` accepts what its workflow received, then is cancelled. */
async function watch(enough: (told: readonly unknown[]) => boolean, heartbeatDetails?: unknown): Promise<unknown[]> {
  const told: unknown[] = [];
  const calls: MonitorSettings['calls'] = {
    query: async <T>() => ({ ...view(), instanceId: 'i1', endpoint, runtime: 'running' }) as T,
    signal: async (_subject, _definition, check) => void told.push(check),
  };
  const environment = activityEnvironment({ heartbeatDetails });
  const monitor = createMonitorActivities({ calls, agentSecret: 'secret', allowedHosts: undefined });
  const watching = environment.run(() => monitor.watchHealth({ fleet: 'f', agents: [WATCHED] }));
  const ended = watching.then(
    () => 'over',
    () => 'cancelled',
  );
  const isEnough = await until(() => enough(told) || undefined, 20_000);
  environment.cancel();
  expect([isEnough, await ended]).toEqual([true, 'cancelled']);
  return told;
}

test.each([
  ['back', -2 * HOUR],
  ['on', 2 * HOUR],
])('goes on telling when the time of day steps two hours %s', async (_way, byMs) => {
  const now = Date.now.bind(Date);
  let stepped = false;
  await watch((told) => {
    if (told.length > 0 && !stepped) {
      stepped = true;
      jest.spyOn(Date, 'now').mockImplementation(() => now() + byMs);
    }
    return told.length >= 3;
  });
});

test('goes on with what an attempt on another machine knew, at any reading of its clock', async () => {
  const memories = {
    a: { instanceId: 'i1', failures: 2, passingSince: null, told: { passed: true, at: 9_999_999_999_000 } },
  };
  status = 500;
  const [first] = await watch((told) => told.length > 0, { at: 9_999_999_999_500, memories });
  expect(first).toMatchObject({ instanceId: 'i1', passed: false });
});

test('renews in its rhythm after an attempt whose clock read more', async () => {
  const memories = { a: { instanceId: 'i1', failures: 0, passingSince: 9e15, told: { passed: true, at: 9e15 } } };
  const told = await watch((checks) => checks.length >= 2, { at: 9e15, memories });
  expect(told[0]).toMatchObject({ instanceId: 'i1', passed: true });
});
