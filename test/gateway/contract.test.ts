/** The promises of the gateway about HTTP itself: every error in one form, and everything in its description. */
import { type Call, CALLS } from '../../src/contract/schemas/http';
import { openApi } from '../../src/gateway/openapi/document';
import { OPERATOR, raw, withLoneGateway } from './listening';

const JSON_TYPE = { 'content-type': 'application/json' };
const TOKEN = { authorization: `Bearer ${OPERATOR}` };

/** A path of the table with names in it. */
const filled = (path: string): string => path.replace(/\{\w+\}/g, 'x');

async function problemOf(answer: Response): Promise<Record<string, unknown>> {
  expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: 'about:blank', status: answer.status, instance: expect.any(String) as string });
  return problem;
}

describe('a method that a path does not take', () => {
  it('is 405, with those that it takes, with any body and without a token', async () => {
    await withLoneGateway(async (url) => {
      const paths = new Map<string, string[]>();
      for (const { path, method, stream, alsoStream, noHead } of Object.values<Call>(CALLS)) {
        const also = method === 'GET' && !stream && !alsoStream && !noHead ? ['HEAD'] : [];
        paths.set(path, [...(paths.get(path) ?? []), method, ...also]);
      }
      for (const [path, methods] of paths) {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
          if (methods.includes(method)) continue;
          const body = method === 'GET' ? {} : { body: '{"half', headers: JSON_TYPE };
          const answer = await fetch(url + filled(path), { method, ...body });
          expect([path, method, answer.status]).toEqual([path, method, 405]);
          expect(answer.headers.get('allow')?.split(', ').sort()).toEqual([...methods].sort());
          expect(await problemOf(answer)).toMatchObject({ code: 'MethodNotAllowed' });
        }
      }
    });
  });

  it('is not confused with a path that is not there', async () => {
    await withLoneGateway(async (url) => {
      for (const path of ['/v1/agents/a/b/explode', '/v1/runs/', '/v1', '/healthz/x', '/openapi_json']) {
        expect(await problemOf(await fetch(url + path, { method: 'PATCH' }))).toMatchObject({ code: 'NotFound' });
      }
    });
  });
});

describe("what Node's own parser answers", () => {
  it.each([
    ['headers that are too large', `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['what is not HTTP', 'GARBAGE\r\n\r\n', 400],
    ['two lengths', 'POST /v1/runs HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx', 400],
    ['an expectation', 'GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: more\r\nconnection: close\r\n\r\n', 417],
  ])('%s, as a problem', async (_what, request, status) => {
    await withLoneGateway(async (url) => {
      const answer = await raw(url, request);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
      expect(answer).toMatch(/content-type: application\/problem\+json/i);
      expect(answer).toContain(`"status":${String(status)}`);
    });
  });

  it('needs no host', async () => {
    await withLoneGateway(async (url) => {
      expect(await raw(url, 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
    });
  });
});

describe('bodies and parameters', () => {
  it.each([
    ['a form', 'POST', '/v1/agents/a/b/pause', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a text', 'POST', '/v1/agents/a/b/pause', 'hello', { 'content-type': 'text/plain' }, 415],
    ['lines where JSON is taken', 'PUT', '/v1/fleets/f', '{}', { 'content-type': 'application/x-ndjson' }, 415],
    ['JSON that is broken', 'POST', '/v1/agents/a/b/pause', '{"half', JSON_TYPE, 400],
    ['too much', 'POST', '/v1/agents/a/b/pause', 'x'.repeat(1_100_000), JSON_TYPE, 413],
    ['a name that is too long', 'POST', `/v1/agents/${'a'.repeat(150)}/b/pause`, '{}', JSON_TYPE, 414],
    ['a path that is not UTF-8', 'POST', '/v1/agents/%ff/b/pause', '{}', JSON_TYPE, 400],
  ])('%s', async (_what, method, path, body, headers, status) => {
    await withLoneGateway(async (url) => {
      const answer = await fetch(url + path, { method, body, headers: { ...TOKEN, ...headers } });
      expect(answer.status).toBe(status);
      await problemOf(answer);
    });
  });

  it('take an empty body with the type JSON for no body', async () => {
    await withLoneGateway(async (url) => {
      const empty = { headers: { ...TOKEN, ...JSON_TYPE }, body: '' };
      const start = await fetch(`${url}/v1/runs`, { method: 'POST', ...empty });
      expect(await problemOf(start)).toMatchObject({
        status: 422,
        errors: [
          { pointer: '/fleet', detail: 'is missing' },
          { pointer: '/task', detail: 'is missing' },
        ],
      });
      // Refused for its path, and so after its body was read.
      const destroy = await fetch(`${url}/v1/fleets/7`, { method: 'DELETE', ...empty });
      expect(await problemOf(destroy)).toMatchObject({ status: 422, errors: [{ in: 'path', pointer: '/fleet' }] });
    });
  });

  it('do not take null for no body', async () => {
    await withLoneGateway(async (url) => {
      const paths = ['/v1/fleets/f/resume', '/v1/pools/p/reset', '/v1/runs/f/r/pause', '/v1/agents/f/a/start'];
      for (const path of paths) {
        const answer = await fetch(url + path, { method: 'POST', body: 'null', headers: { ...TOKEN, ...JSON_TYPE } });
        expect([path, await problemOf(answer)]).toMatchObject([
          path,
          { detail: 'the body: expected an object, got null' },
        ]);
      }
    });
  });

  it('say where it is wrong: in the query, the path, a header or the body', async () => {
    await withLoneGateway(async (url) => {
      const query = await problemOf(await fetch(`${url}/v1/runs?colour=red&pageSize=0`, { headers: TOKEN }));
      expect(query).toMatchObject({
        status: 422,
        detail: expect.stringContaining('query parameter colour: unknown key') as string,
        errors: expect.arrayContaining([
          { in: 'query', pointer: '/colour', detail: 'unknown key; known are fleet, state, pageSize, pageToken' },
          { in: 'query', pointer: '/pageSize', detail: expect.any(String) as string },
        ]) as unknown[],
      });
      const headers = { ...TOKEN, ...JSON_TYPE, 'idempotency-key': 'k'.repeat(201) };
      const header = await fetch(`${url}/v1/agents/a/b/pause`, { method: 'POST', body: '{}', headers });
      expect(await problemOf(header)).toMatchObject({ errors: [{ in: 'header', pointer: '/idempotency-key' }] });
      const task = { method: 'POST', body: '{"fleet": "own", "colour": 1}', headers: { ...TOKEN, ...JSON_TYPE } };
      expect(await problemOf(await fetch(`${url}/v1/runs`, task))).toMatchObject({
        detail: '/task: is missing; /colour: unknown key; known are fleet, run, task, script, trace',
      });
    });
  });
});

describe('the description', () => {
  interface Operation {
    readonly operationId: string;
    readonly security?: readonly unknown[];
    readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
    readonly requestBody?: { readonly required: boolean; readonly content: object };
    readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly content?: object }>>;
  }
  interface Description {
    readonly openapi: string;
    readonly servers: readonly { readonly url: string }[];
    readonly security: readonly unknown[];
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly components: {
      readonly schemas: object;
      readonly responses: Readonly<Record<string, { headers?: object }>>;
    };
  }
  const description = openApi('1.2.3') as unknown as Description;
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const operation = (id: string): Operation => {
    const found = operations.find(({ operationId }) => operationId === id);
    if (!found) throw new Error(`no operation ${id}`);
    return found;
  };

  it('has every call, with every status of its success and what may go wrong', () => {
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(CALLS).sort());
    for (const [id, call] of Object.entries<Call>(CALLS)) {
      const statuses = Object.keys(operation(id).responses).map(Number);
      expect(statuses).toEqual(expect.arrayContaining([...(call.statuses ?? [200]), 400, 405, 414, 431, 500]));
      if (call.access !== 'public') expect(statuses).toEqual(expect.arrayContaining([401, 403, 429, 503, 504]));
      if (call.body) expect(statuses).toEqual(expect.arrayContaining([413, 415, 422]));
      if (call.keyed) expect(statuses).toContain(409);
    }
    expect(Object.keys(operation('applyFleet').responses)).toEqual(expect.arrayContaining(['200', '202']));
    expect(Object.keys(operation('heartbeats').responses['200']?.content ?? {})).toEqual(['application/x-ndjson']);
    expect(Object.keys(operation('metrics').responses['200']?.content ?? {})).toEqual(['text/plain']);
  });

  it('says which bodies are needed, and which are not', () => {
    const needed = operations.flatMap(({ operationId, requestBody }) => (requestBody?.required ? [operationId] : []));
    expect(needed.sort()).toEqual(
      [
        'answerItem',
        'answerRun',
        'applyFleet',
        'endpointCall',
        'denyItems',
        'extendItem',
        'heartbeat',
        'hold',
        'login',
        'release',
        'reportFailure',
        'reportProgress',
        'replyTurn',
        'scaleFleet',
        'startRun',
      ].sort(),
    );
  });

  it('names its schemas, and every reference leads somewhere', () => {
    const refs = [...JSON.stringify(description).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(refs.length).toBeGreaterThan(50);
    for (const [, kind = '', name = ''] of refs) {
      expect(Object.keys(description.components[kind as 'schemas' | 'responses'])).toContain(name);
    }
    const others = [...JSON.stringify(description).matchAll(/"\$ref":"([^"]*)"/g)].filter(
      ([, ref = '']) => !ref.startsWith('#/components/'),
    );
    expect(others).toEqual([]);
    for (const name of ['AgentView', 'FleetView', 'RunView', 'PoolView', 'Problem', 'CommandResult', 'Heartbeat']) {
      expect(Object.keys(description.components.schemas)).toContain(name);
    }
  });

  it('says who may call, where, and what bounds a page', () => {
    expect(description.servers).toHaveLength(1);
    expect(description.security).toEqual([{ token: [] }]);
    const open = operations.flatMap(({ operationId, security }) => (security?.length === 0 ? [operationId] : []));
    expect(open.sort()).toEqual(['healthz', 'login', 'metrics', 'openapi', 'readyz']);
    const pageSize = operation('listRuns').parameters.find(({ name }) => name === 'pageSize');
    expect(pageSize).toMatchObject({ in: 'query', schema: { type: 'integer', minimum: 1, maximum: 1_000 } });
    expect(description.components.responses['TooManyRequests']?.headers).toHaveProperty('Retry-After');
    expect(description.components.responses['MethodNotAllowed']?.headers).toHaveProperty('Allow');
  });
});
