/**
 * A day in the life of a pool, with real processes: two credentials, a burst of 429s, one switch, a pool that is used up and given out
 * again. No turn is lost, and no secret is found anywhere afterwards.
 */
import { PATIENCE_MS } from '../../support/patience';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { Webhook } from 'standardwebhooks';
import type { AgentView } from '../../../src/contract/agent';
import { agentToken } from '../../../src/contract/agent/token';
import type { PoolView } from '../../../src/contract/pool';
import { until } from '../../../src/lib/until';
import { DroverClient } from '../../../src/client';
import { drover, type Ended, startUp, temporaryFolder } from './drover';

const folder = temporaryFolder();
const SECRETS = { a: 'sk-secret-of-sub-a-0123456789', b: 'sk-secret-of-sub-b-9876543210' };
const HOOK_SECRET = `whsec_${Buffer.from('the secret of the webhook, 32 b!').toString('base64')}`;
const AGENT_SECRET = 'the-secret-of-all-agents-0123456789abcdef';

/** The model's provider: a call waits while it is held, and is refused while its key is limited. */
const provider = { limited: new Set<string>(), held: new Set<string>(), calls: [] as string[] };
/** The calls that the webhook received, signatures checked. */
const received: { type: string; data: Record<string, unknown>; id: string }[] = [];
const outputs: string[] = [];
const servers: Server[] = [];

const AGENT = `
import { final, serveAgent } from 'drover/agent';
let key = process.env.API_KEY;
await serveAgent({
  onTurn: async ({ task }) => {
    const response = await fetch(process.env.PROVIDER + '/' + task, { headers: { authorization: key } });
    if (response.ok) return final(await response.text());
    throw Object.assign(new Error('the provider answers ' + response.status), { status: response.status, headers: response.headers });
  },
  onCredentials: ({ secret }) => { key = secret; },
});
`;

function fleetFile(providerUrl: string, hookUrl: string): string {
  return `
apiVersion: drover/v1
kind: Fleet
metadata: {name: day}
spec:
  agents:
    - name: Worker
      provider: process
      process: {command: [node, agent.mjs], cwd: ${JSON.stringify(folder.path)}, env: {PROVIDER: "${providerUrl}"}}
      subscription: {pool: claude}
  topology: {flows: [Start -> Worker, Worker -> End]}
  subscriptions:
    - pool: claude
      credentials:
        - {name: sub-a, secret: "env:KEY_A"}
        - {name: sub-b, secret: ${JSON.stringify(`file:${join(folder.path, 'secrets/b')}`)}}
      inject: {env: API_KEY}
  notify: [{url: "${hookUrl}", secret: "env:HOOK_SECRET"}]
`;
}

async function serve(
  answer: (url: string, headers: IncomingHttpHeaders, body: string) => Promise<number>,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      void answer(request.url ?? '', request.headers, body).then((status) =>
        response.writeHead(status, { 'retry-after': '3600' }).end('done'),
      );
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const nameOf = (key = ''): string => Object.entries(SECRETS).find(([, secret]) => secret === key)?.[0] ?? 'nobody';

async function callProvider(url: string, { authorization }: IncomingHttpHeaders): Promise<number> {
  const [task, name] = [url.slice(1), nameOf(authorization)];
  provider.calls.push(`${task} with ${name}`);
  await until(() => !provider.held.has(task) || undefined, PATIENCE_MS);
  return provider.limited.has(name) ? 429 : 200;
}

/** The first delivery of all is refused, so that it is tried again under the same id. */
let refusedId = '';
async function callWebhook(_url: string, headers: IncomingHttpHeaders, body: string): Promise<number> {
  const { type, data } = new Webhook(HOOK_SECRET).verify(
    body,
    headers as Record<string, string>,
  ) as (typeof received)[0];
  const id = String(headers['webhook-id']);
  if (refusedId === '') {
    refusedId = id;
    return 500;
  }
  received.push({ type, data, id });
  return 200;
}

async function say(...args: string[]): Promise<Ended> {
  const ended = await drover(args, folder.path);
  outputs.push(ended.stdout, ended.stderr);
  return ended;
}

const worker = (): Promise<AgentView> => client.agents.describe({ fleet: 'day', agent: 'Worker' });

async function eventually<T>(what: string, look: () => Promise<T>, wished: (value: T) => boolean): Promise<T> {
  const found = await until(async () => {
    const value = await look();
    return wished(value) ? { value } : undefined;
  }, PATIENCE_MS);
  if (!found) throw new Error(`never: ${what}; last: ${JSON.stringify(await look())}`);
  return found.value;
}

const runEnded = (run: string) =>
  eventually(
    `${run} has ended`,
    () => client.runs.describe({ fleet: 'day', run }),
    ({ state }) => state !== 'running',
  );

const startRun = (run: string) => say('run', 'day', run, '--detach', '--name', run);

/** Every file below a folder, whole. */
function filesBelow(path: string): Buffer[] {
  return readdirSync(path).flatMap((name) => {
    const file = join(path, name);
    return statSync(file).isDirectory() ? filesBelow(file) : statSync(file).isFile() ? [readFileSync(file)] : [];
  });
}

let up: Awaited<ReturnType<typeof startUp>>;
let client: DroverClient;

beforeAll(async () => {
  mkdirSync(join(folder.path, 'secrets'));
  writeFileSync(join(folder.path, 'secrets/b'), `${SECRETS.b}\n`);
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(join(__dirname, '../../..'), join(folder.path, 'node_modules/drover'));
  writeFileSync(join(folder.path, 'agent.mjs'), AGENT);
  const file = join(folder.path, 'fleet.yaml');
  writeFileSync(file, fleetFile(await serve(callProvider), await serve(callWebhook)));
  up = await startUp(folder.path, [file], { KEY_A: SECRETS.a, HOOK_SECRET, DROVER_AGENT_SECRET: AGENT_SECRET });
  client = DroverClient.connect({ bare: true, address: up.where.temporal });
});

afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  await folder.remove();
});

test('two credentials, 50 reports of one burst by HTTP: one switch without a restart, and no turn is lost', async () => {
  const before = await worker();
  expect(before.subscription).toEqual({ pool: 'claude', name: 'sub-a', assignment: 1 });
  provider.held.add('first');
  await startRun('first');
  await eventually('the first turn is in flight', worker, ({ turns }) => turns.inFlight === 1);

  const token = agentToken(AGENT_SECRET, 'day', 'Worker');
  const report = (bearer: string) =>
    fetch(`${up.where.gateway}/v1/agents/day/Worker/failures`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ subscription: 'sub-a', assignment: 1, kind: 'rate_limit' }),
    });
  expect((await report(agentToken(AGENT_SECRET, 'day', 'Another'))).status).toBe(403);
  const answers = await Promise.all(Array.from({ length: 50 }, () => report(token)));
  const changed = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as { changed: boolean }).changed),
  );
  expect(changed.filter(Boolean)).toHaveLength(1);

  await startRun('second');
  provider.held.clear();
  for (const run of ['first', 'second']) expect((await runEnded(run)).state).toBe('completed');
  expect(provider.calls).toEqual(['first with a', 'second with b']);
  const after = await worker();
  expect(after).toMatchObject({ pid: before.pid, liveness: 'ready', subscription: { name: 'sub-b', assignment: 2 } });
  const { credentials } = JSON.parse((await say('describe', 'pool', 'claude', '-o', 'json')).stdout) as PoolView;
  expect(credentials.map(({ name, agents, failuresInWindow }) => [name, agents, failuresInWindow])).toEqual([
    ['sub-a', [], 50],
    ['sub-b', ['day/Worker'], 0],
  ]);
  const switched = () => received.filter(({ type }) => type === 'subscription.switched');
  await eventually(
    'the webhook has heard',
    async () => switched(),
    (events) => events.length > 0,
  );
  expect(switched().map(({ data }) => data)).toEqual([
    {
      agent: 'day/Worker',
      pool: 'claude',
      from: 'sub-a',
      to: 'sub-b',
      kind: 'rate_limit',
      eventsInWindow: expect.any(Number) as number,
      result: 'hot_reloaded',
      error: null,
    },
  ]);
});

test('both used up: held until a reset gives one back; the failed turn is asked again, and answered', async () => {
  provider.limited.add('b');
  await startRun('third');
  const held = await eventually('it is held', worker, ({ runtime }) => runtime === 'paused');
  expect(held.why).toMatch(/^Held by subscription: pool claude is exhausted until /);
  expect((await say('get', 'pools')).stdout).toMatch(/^claude +0\/2 +1 +51 +20\d\d-/m);
  await say('pools', 'reset', 'claude', 'sub-a');
  expect((await runEnded('third')).state).toBe('completed');
  expect(provider.calls.slice(2)).toEqual(['third with b', 'third with a']);
  expect((await worker()).subscription).toMatchObject({ name: 'sub-a', assignment: 3 });
  await eventually(
    'of the exhaustion too',
    async () => received,
    (all) => all.some(({ type }) => type === 'pool.exhausted'),
  );

  const late = await say(
    'report-failure',
    'day/Worker',
    '--kind',
    'auth',
    '--subscription',
    'sub-b',
    '--assignment',
    '2',
  );
  expect(late.stdout).toBe('day/Worker: recorded, nothing changes\n');
  const now = await say('report-failure', 'day/Worker', '--kind', 'other', '-o', 'json');
  expect(JSON.parse(now.stdout)).toMatchObject({ changed: false, agent: { subscription: { name: 'sub-a' } } });
});

test('the webhook hears every event, the first one again under its own id', async () => {
  const kinds = () => new Set(received.map(({ type }) => type));
  await eventually(
    'the refused one came again',
    async () => received,
    (all) => all.some(({ id }) => id === refusedId),
  );
  expect(kinds()).toEqual(new Set(['agent.ready', 'subscription.switched', 'pool.exhausted', 'run.completed']));
  expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
});

test('no secret is in the histories, the files of the state directory, the logs or what the commands print', async () => {
  await say('describe', 'fleet', 'day');
  await say('logs', 'day/Worker');
  await say('destroy', 'day', '--yes');
  await client.close();
  up.process.kill('SIGTERM');
  await up.ended;
  const files = filesBelow(join(folder.path, '.drover'));
  const texts = [...outputs, up.output.stdout, up.output.stderr].map((text) => Buffer.from(text));
  const isFound = (text: string) => [...files, ...texts].some((content) => content.includes(text));
  // The database has the histories as they are: the references are found in it.
  expect(isFound('env:KEY_A')).toBe(true);
  expect([SECRETS.a, SECRETS.b, HOOK_SECRET, HOOK_SECRET.slice(6)].filter(isFound)).toEqual([]);
});
