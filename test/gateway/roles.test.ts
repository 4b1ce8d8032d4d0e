/** Who may make which call: every route with every role, and with a token of another fleet. */
import { createHash } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import rateLimit from '@fastify/rate-limit';
import { agentToken } from '../../src/contract/agent/token';
import { DroverClient } from '../../src/client';
import { type NamedToken, type Role, ROLES } from '../../src/contract/caller/role';
import { type Call, type CallName, CALLS } from '../../src/contract/schemas/http';
import { addCalls, type Handlers, routeOf } from '../../src/gateway/calls';
import { openApi } from '../../src/gateway/openapi/document';
import { createGuard } from '../../src/gateway/access/guard';
import { sendProblem } from '../../src/gateway/problem';
import { Sessions } from '../../src/gateway/access/sessions';
import { Tokens } from '../../src/gateway/access/tokens';
import { devServer } from '../support/env';
import { eventually, withAgents } from '../workflows/agent/harness';
import { gatewayOver, OPERATOR, SECRET, withLoneGateway } from './listening';

type Need = Role | 'public' | 'agent';

/** The least role of every call. `agent`: the agent itself, and operators. */
const NEEDS: Readonly<Record<CallName, Need>> = {
  heartbeat: 'agent',
  reportFailure: 'agent',
  reportProgress: 'agent',
  pollTurns: 'agent',
  replyTurn: 'agent',
  turnWanted: 'agent',
  endpointCall: 'agent',
  endpointWithdraw: 'agent',
  endpointHealth: 'agent',
  listAgents: 'viewer',
  describeAgent: 'viewer',
  agentLogs: 'viewer',
  agentToken: 'operator',
  pause: 'operator',
  resume: 'operator',
  stop: 'operator',
  start: 'operator',
  restart: 'operator',
  hold: 'operator',
  release: 'operator',
  terminate: 'admin',
  listFleets: 'viewer',
  describeFleet: 'viewer',
  applyFleet: 'admin',
  destroyFleet: 'admin',
  scaleFleet: 'admin',
  cancelChange: 'admin',
  compensateFleet: 'admin',
  pauseFleet: 'operator',
  resumeFleet: 'operator',
  listRuns: 'viewer',
  startRun: 'operator',
  describeRun: 'viewer',
  runTurns: 'operator',
  answerRun: 'operator',
  pauseRun: 'operator',
  resumeRun: 'operator',
  cancelRun: 'operator',
  listPools: 'viewer',
  describePool: 'viewer',
  resetPool: 'operator',
  events: 'viewer',
  heartbeats: 'operator',
  listInbox: 'viewer',
  answerItem: 'operator',
  extendItem: 'operator',
  denyItems: 'operator',
  createLoginCode: 'viewer',
  login: 'public',
  describeSession: 'viewer',
  logout: 'viewer',
  audit: 'operator',
  healthz: 'public',
  readyz: 'public',
  openapi: 'public',
  metrics: 'public',
};

/** The calls that have no fleet in their path, and that a token of one fleet may make nevertheless. */
const WITHOUT_FLEET: readonly CallName[] = [
  'listAgents',
  'listFleets',
  'listRuns',
  'events',
  'startRun',
  'heartbeats',
  'listInbox',
  'audit',
  'answerItem',
  'extendItem',
  'denyItems',
  'createLoginCode',
  'describeSession',
  'logout',
];

const CALL_NAMES = Object.keys(CALLS) as CallName[];
const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');
const named = (role: Role, fleets: readonly string[] | null): NamedToken => {
  const name = fleets === null ? role : `${role}-of-${fleets.join('-')}`;
  return { name, role, fleets, sha256: sha256(name) };
};
const TOKENS = ROLES.flatMap((role) => [named(role, null), named(role, ['mars']), named(role, ['venus'])]);
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Every route of the table behind the gateway's guard. What a handler does is not looked at. */
async function guarded(): Promise<FastifyInstance> {
  const app = Fastify();
  await app.register(rateLimit, { global: false });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const tokens = new Tokens([OPERATOR], SECRET, () => TOKENS);
  const guard = createGuard(app, { tokens, sessions: new Sessions(tokens, SECRET) }, { agentCallsPerMinute: 1_000 });
  addCalls(app, guard, Object.fromEntries(CALL_NAMES.map((name) => [name, () => ({})])) as unknown as Handlers);
  return app;
}

async function statusOf(app: FastifyInstance, name: CallName, headers: Readonly<Record<string, string>>) {
  const { method, path, body } = CALLS[name] as Call;
  const url = path.replace('{fleet}', 'mars').replace(/\{\w+\}/g, 'x');
  const { statusCode } = await app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: {} }) });
  return statusCode;
}

/** Let in; what became of the call then is not looked at. */
const isIn = (status: number): boolean => status !== 401 && status !== 403;

/** Every `METHOD path` of a gateway, from fastify's tree: a level is four characters deep. */
function routesOf(app: FastifyInstance): string[] {
  const parents: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', part, methods] = /^([│ ]*)[└├]── (.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      if (part === undefined) return [];
      const level = indent.length / 4;
      const path = `${parents[level - 1] ?? ''}${part}`;
      parents[level] = path;
      return methods === undefined ? [] : methods.split(', ').map((method) => `${method} ${path}`);
    });
}

it('has no route beside the calls of the table, but the files of the dashboard', async () => {
  await withLoneGateway(async (_url, app) => {
    const routes = routesOf(app);
    const table = CALL_NAMES.map((name) => `${CALLS[name].method} ${routeOf(CALLS[name].path)}`);
    expect(routes.length).toBeGreaterThanOrEqual(table.length);
    const others = routes.filter((route) => !table.includes(route.replace(/^HEAD /, 'GET ')));
    // Files only: read, by names that are written out, and outside of the interface.
    expect(others.filter((route) => !/^(?:GET|HEAD) \/(?!v1\/)[^:]*$/.test(route))).toEqual([]);
  });
});

it('refuses every call of its description without a token, but the public ones', async () => {
  const { paths } = openApi('0') as { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  const described = Object.entries(paths).flatMap(([path, calls]) =>
    Object.keys(calls).map((method) => ({ method, path })),
  );
  await withLoneGateway(async (_url, app) => {
    const letIn: string[] = [];
    for (const { method, path } of described) {
      const url = path.replace(/\{\w+\}/g, 'x');
      const { statusCode } = await app.inject({ method: method.toUpperCase() as 'GET', url });
      if (isIn(statusCode)) letIn.push(`${method} ${path}`);
    }
    const open = CALL_NAMES.filter((name) => NEEDS[name] === 'public');
    expect(letIn.sort()).toEqual(open.map((name) => `${CALLS[name].method.toLowerCase()} ${CALLS[name].path}`).sort());
    expect(described).toHaveLength(CALL_NAMES.length);
  });
});

it('names the role of every call', () => {
  expect(CALL_NAMES.map((name) => [name, CALLS[name].access])).toEqual(CALL_NAMES.map((name) => [name, NEEDS[name]]));
});

describe.each(CALL_NAMES)('%s', (name) => {
  const need = NEEDS[name];
  const least: Role = need === 'agent' || need === 'public' ? 'operator' : need;
  const hasFleet = CALLS[name].path.includes('{fleet}');
  const mayAs = (role: Role): boolean => need === 'public' || ROLES.indexOf(role) >= ROLES.indexOf(least);
  const app = guarded();
  afterAll(async () => (await app).close());

  it('needs a token, unless it is public', async () => {
    expect(isIn(await statusOf(await app, name, {}))).toBe(need === 'public');
    expect(isIn(await statusOf(await app, name, bearer('unknown-token')))).toBe(need === 'public');
  });

  it.each(ROLES)('with the role %s: for all fleets, for this one, for another one', async (role) => {
    const all = await statusOf(await app, name, bearer(role));
    const own = await statusOf(await app, name, bearer(`${role}-of-mars`));
    const other = await statusOf(await app, name, bearer(`${role}-of-venus`));
    const reaches = need === 'public' || hasFleet || WITHOUT_FLEET.includes(name);
    expect({ all: isIn(all), own: isIn(own), other: isIn(other) }).toEqual({
      all: mayAs(role),
      own: mayAs(role) && reaches,
      other: mayAs(role) && reaches && !(hasFleet && need !== 'public'),
    });
  });

  it('with the token of an agent: its own calls only', async () => {
    const own = agentToken(SECRET, 'mars', 'x');
    const others = [agentToken(SECRET, 'mars', 'y'), agentToken(SECRET, 'venus', 'x')];
    expect(isIn(await statusOf(await app, name, bearer(own)))).toBe(need === 'agent' || need === 'public');
    for (const other of others) expect(isIn(await statusOf(await app, name, bearer(other)))).toBe(need === 'public');
  });

  it('with a token of the settings, which is an admin', async () => {
    expect(isIn(await statusOf(await app, name, bearer(OPERATOR)))).toBe(true);
  });
});

it('says in its refusal what the token is, and what the call needs', async () => {
  const app = await guarded();
  const detailOf = async (method: 'GET' | 'POST', url: string, token: string) =>
    (await app.inject({ method, url, headers: bearer(token) })).json<{ detail: string }>().detail;
  expect(await detailOf('POST', '/v1/agents/mars/a/pause', 'viewer')).toBe(
    'the token "viewer" has the role viewer; this call needs the role operator',
  );
  expect(await detailOf('GET', '/v1/agents/mars/a', 'viewer-of-venus')).toBe(
    'the token "viewer-of-venus" is for the fleet venus, not for mars',
  );
  expect(await detailOf('GET', '/v1/runs?fleet=mars', 'viewer-of-venus')).toBe(
    'the token "viewer-of-venus" is for the fleet venus, not for mars',
  );
  expect(await detailOf('GET', '/v1/pools', 'viewer-of-venus')).toContain('shared by all fleets');
  await app.close();
});

const env = devServer();

it('lists, beats and starts only what is of the fleets of the token', async () => {
  await withAgents(env, async (own) => {
    await (await own.start('a')).ready();
    await withAgents(env, async (other) => {
      await (await other.start('b')).ready();
      const limited: NamedToken = { ...named('operator', [own.fleet]), sha256: sha256('limited') };
      const client = DroverClient.over(env.client, own.taskQueue);
      const app = await gatewayOver(client, { namedTokens: () => [limited] });
      const ask = (url: string, token: string) => app.inject({ method: 'GET', url, headers: bearer(token) });
      const agents = async (token: string) =>
        (await ask('/v1/agents?pageSize=1000', token)).json<{ items: { fleet: string; name: string }[] }>().items;
      try {
        const all = await eventually(
          () => agents(OPERATOR),
          (items) => [own, other].every(({ fleet }) => items.some((item) => item.fleet === fleet)),
        );
        expect(all.length).toBeGreaterThan(1);
        expect((await agents('limited')).map(({ fleet, name }) => `${fleet}/${name}`)).toEqual([`${own.fleet}/a`]);
        expect((await ask(`/v1/agents?fleet=${other.fleet}`, 'limited')).statusCode).toBe(403);
        const beat = (fleet: string, agent: string) =>
          `${JSON.stringify({ fleet, agent, instanceId: 'i', status: 'ready' })}\n`;
        const beats = await app.inject({
          method: 'POST',
          url: '/v1/heartbeats',
          headers: { ...bearer('limited'), 'content-type': 'application/x-ndjson' },
          payload: beat(own.fleet, 'a') + beat(other.fleet, 'b'),
        });
        const [mine, theirs] = beats.body
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(mine).toMatchObject({ agent: 'a', desired: 'run' });
        expect(theirs).toMatchObject({ agent: 'b', error: { code: 'Forbidden' } });
        const run = await app.inject({
          method: 'POST',
          url: '/v1/runs',
          headers: bearer('limited'),
          payload: { fleet: other.fleet, task: 't' },
        });
        expect(run.statusCode).toBe(403);
      } finally {
        await app.close();
      }
    });
  });
});
