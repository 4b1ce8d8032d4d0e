import { agentToken } from '../../src/contract/agent/token';
import { CALLS } from '../../src/contract/schemas/http';
import { devServer } from '../support/env';
import { type AgentWorld, eventually, withAgents } from '../workflows/agent/harness';
import { fleetOf, withFleet } from '../workflows/fleet/harness';
import { type Ask, SECRET, withGateway } from './listening';

const env = devServer();
/** A gateway in front of one ready agent `a`. */
async function withAgent(test: (ask: Ask, path: string, world: AgentWorld) => Promise<void>): Promise<void> {
  await withAgents(env, async (world) => {
    await (await world.start('a')).ready();
    await withGateway(env, world.taskQueue, (ask) => test(ask, `/v1/agents/${world.fleet}/a`, world));
  });
}

describe('commands', () => {
  it('lets exactly one of 50 concurrent resumes win: one 200, 49 times 409, one update, one call of the provider', async () => {
    await withAgent(async (ask, path, world) => {
      expect(await ask('POST', `${path}/pause`, { reason: 'deploy' })).toMatchObject({
        status: 200,
        body: { changed: true, state: 'done' },
      });
      world.provider.before = ({ call }) =>
        call === 'continueResource' ? new Promise((resolve) => setTimeout(resolve, 2_000)) : undefined;
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask('POST', `${path}/resume`)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const refused = answers.filter(({ status }) => status === 409);
      expect(refused).toHaveLength(49);
      for (const { body } of refused) expect(body).toMatchObject({ code: 'ResumeStateError', status: 409 });
      expect(world.provider.count('continueResource')).toBe(1);
      const { events } = await env.client.workflow.getHandle(`agent/${world.fleet}/a`).fetchHistory();
      const accepted = (events ?? []).filter(
        (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name === 'resume',
      );
      expect(accepted).toHaveLength(1);
    });
  });

  it('refuses in the form of RFC 9457, with what would be allowed', async () => {
    await withAgent(async (ask, path) => {
      const { status, headers, body } = await ask('POST', `${path}/resume`, {});
      expect(status).toBe(409);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({
        type: 'about:blank',
        title: 'Conflict',
        status: 409,
        code: 'ResumeStateError',
        detail: expect.stringContaining('running') as string,
        details: { current: { status: 'running', runtime: 'running', liveness: 'ready', holds: [] } },
      });
    });
  });

  it('takes the Idempotency-Key for the request id', async () => {
    await withAgent(async (ask, path, world) => {
      const key = { 'idempotency-key': 'deploy-7' };
      const first = await ask('POST', `${path}/pause`, {}, key);
      const again = await ask('POST', `${path}/pause`, {}, key);
      expect(first).toMatchObject({ status: 200, body: { requestId: 'deploy-7', changed: true } });
      expect(again).toMatchObject({ status: 200, body: { requestId: 'deploy-7', changed: true } });
      expect(world.provider.count('suspendResource')).toBe(1);
    });
  });

  it('has every one of them', async () => {
    await withAgent(async (ask, path) => {
      const send = async (command: string, body: object = {}) => {
        const { status, body: answer } = await ask('POST', `${path}/${command}`, body);
        return { status, agent: (answer['agent'] as { status: string } | undefined)?.status };
      };
      expect(await send('hold', { hold: 'budget', reason: 'spent' })).toEqual({ status: 200, agent: 'paused' });
      expect(await send('release', { hold: 'budget' })).toEqual({ status: 200, agent: 'running' });
      expect(await send('stop', { grace: '1s' })).toEqual({ status: 200, agent: 'stopped' });
      expect(await send('start')).toEqual({ status: 200, agent: 'running' });
      expect(await send('restart')).toMatchObject({ status: 200 });
      expect(await send('terminate')).toEqual({ status: 200, agent: 'terminated' });
      expect(await send('start')).toEqual({ status: 409, agent: undefined });
    });
  });
});

describe('reads', () => {
  it('lists and shows agents', async () => {
    await withAgent(async (ask, path, world) => {
      const { body } = await ask('GET', path);
      expect(CALLS.describeAgent.answer.safeParse(body).error).toBeUndefined();
      expect(body).toMatchObject({ fleet: world.fleet, name: 'a', status: 'running', liveness: 'ready' });
      const listed = await eventually(
        () => ask('GET', `/v1/agents?fleet=${world.fleet}&status=running&liveness=ready&pageSize=10`),
        ({ body: page }) => (page['items'] as unknown[]).length === 1,
      );
      expect(CALLS.listAgents.answer.safeParse(listed.body).error).toBeUndefined();
    });
  });

  it('says what does not exist', async () => {
    await withGateway(env, 'absent', async (ask) => {
      expect(await ask('GET', '/v1/agents/f/absent')).toMatchObject({ status: 404, body: { code: 'AgentNotFound' } });
      expect(await ask('POST', '/v1/agents/f/absent/pause')).toMatchObject({
        status: 404,
        body: { code: 'AgentNotFound' },
      });
      expect(await ask('GET', '/v1/fleets/nowhere')).toMatchObject({ status: 404, body: { code: 'FleetNotFound' } });
      expect(await ask('DELETE', '/v1/fleets/nowhere')).toMatchObject({ status: 404, body: { code: 'FleetNotFound' } });
      expect(await ask('GET', '/v1/pools/none')).toMatchObject({ status: 404, body: { code: 'PoolNotFound' } });
      expect(await ask('GET', '/v1/runs/f/none')).toMatchObject({ status: 404, body: { code: 'RunNotFound' } });
      expect(await ask('POST', '/v1/runs', { fleet: 'nowhere', task: 't' })).toMatchObject({
        status: 404,
        body: { code: 'FleetNotFound' },
      });
      expect(await ask('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'NotFound' } });
    });
  });
});

describe('beats', () => {
  it('keeps an agent alive with its own token, and tells it what to do', async () => {
    await withAgent(async (ask, path, world) => {
      const { instanceId, lastBeatAt: before } = (await ask('GET', path)).body;
      expect(before).toBeUndefined();
      const own = { authorization: `Bearer ${agentToken(SECRET, world.fleet, 'a')}` };
      const beat = { instanceId, seq: 1, status: 'degraded', endpoint: 'http://127.0.0.1:1/' };
      expect(await ask('POST', `${path}/heartbeat`, beat, own)).toMatchObject({
        status: 200,
        body: { desired: 'run', nextBeatMs: 5_000 },
      });
      const { liveness, lastBeatAt } = (await ask('GET', path)).body;
      expect(liveness).toBe('degraded');
      expect(Date.parse(String(lastBeatAt))).not.toBeNaN();
      await ask('POST', `${path}/pause`, {});
      expect(await ask('POST', `${path}/heartbeat`, { ...beat, seq: 2 }, own)).toMatchObject({
        status: 200,
        body: { desired: 'pause' },
      });
    });
  });

  it('forwards 30 beats of a healthy agent once', async () => {
    await withAgent(async (ask, path, world) => {
      const { instanceId } = (await ask('GET', path)).body;
      for (let seq = 1; seq <= 30; seq += 1) {
        await ask('POST', `${path}/heartbeat`, { instanceId, seq, status: 'ready', endpoint: 'http://127.0.0.1:1/' });
      }
      const { events } = await env.client.workflow.getHandle(`agent/${world.fleet}/a`).fetchHistory();
      const signals = (events ?? []).filter(
        (event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'heartbeat',
      );
      // One of the test's own, one of the gateway.
      expect(signals).toHaveLength(2);
    });
  });

  it('takes many at once, each with its own answer', async () => {
    await withAgent(async (ask, path, world) => {
      const { instanceId } = (await ask('GET', path)).body;
      const lines = [
        { fleet: world.fleet, agent: 'a', instanceId, status: 'ready' },
        { fleet: world.fleet, agent: 'absent', instanceId: 'x', status: 'ready' },
        { fleet: world.fleet, agent: 'a', instanceId, status: 'splendid' },
      ];
      const body = [...lines.map((line) => JSON.stringify(line)), '{"half'].join('\n');
      const answer = await ask('POST', '/v1/heartbeats', body, { 'content-type': 'application/x-ndjson' });
      expect(answer.status).toBe(200);
      const answers = String(answer.body['text'])
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(answers).toEqual([
        { fleet: world.fleet, agent: 'a', desired: 'run', nextBeatMs: 5_000 },
        { fleet: world.fleet, agent: 'absent', error: expect.objectContaining({ code: 'AgentNotFound' }) as object },
        { fleet: '', agent: '', error: expect.objectContaining({ code: 'InvalidRequest' }) as object },
        { fleet: '', agent: '', error: expect.objectContaining({ code: 'InvalidRequest' }) as object },
      ]);
      const own = {
        authorization: `Bearer ${agentToken(SECRET, world.fleet, 'a')}`,
        'content-type': 'application/x-ndjson',
      };
      expect(await ask('POST', '/v1/heartbeats', body, own)).toMatchObject({ status: 403 });
    });
  });
});

describe('who may call', () => {
  it('no caller without a token, and an agent only its own beats', async () => {
    await withGateway(env, 'absent', async (ask) => {
      const own = { authorization: `Bearer ${agentToken(SECRET, 'f', 'a')}` };
      const beat = { instanceId: 'x', status: 'ready' };
      const absent = await ask('GET', '/v1/agents', undefined, { authorization: '' });
      expect(absent).toMatchObject({ status: 401, body: { code: 'Unauthorized' } });
      expect(absent.headers.get('www-authenticate')).toBe('Bearer');
      expect(await ask('GET', '/v1/agents', undefined, { authorization: 'Bearer wrong' })).toMatchObject({
        status: 403,
        body: { code: 'Forbidden' },
      });
      expect(await ask('POST', '/v1/agents/f/a/heartbeat', beat, own)).toMatchObject({ status: 404 });
      expect(await ask('POST', '/v1/agents/f/b/heartbeat', beat, own)).toMatchObject({ status: 403 });
      expect(await ask('POST', '/v1/agents/f/a/pause', {}, own)).toMatchObject({ status: 403 });
      expect(await ask('GET', '/v1/agents/f/a', undefined, own)).toMatchObject({ status: 403 });
    });
  });

  it('and a caller that guesses is slowed down', async () => {
    await withGateway(env, 'absent', async (ask) => {
      const statuses = new Set<number>();
      for (let attempt = 0; attempt < 125; attempt += 1) {
        const { status, headers } = await ask('GET', '/v1/agents', undefined, {
          authorization: `Bearer guess-${String(attempt)}`,
        });
        statuses.add(status);
        if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect([...statuses]).toEqual([403, 429]);
      expect((await ask('GET', '/v1/agents')).status).toBe(200);
    });
  });
});

describe('what comes in wrong', () => {
  it.each([
    ['malformed JSON', '{"half', 400, 'InvalidRequest'],
    ['a wrong type', { reason: 7 }, 422, 'InvalidRequest'],
    ['an unknown key', { because: 'x' }, 422, 'InvalidRequest'],
    ['a list', [], 422, 'InvalidRequest'],
    ['a wrong duration', { drainTimeout: 'soon' }, 422, 'InvalidRequest'],
    ['a body that is too large', { reason: 'x'.repeat(1_100_000) }, 413, 'LimitReached'],
    ['a forbidden key', '{"__proto__": {"polluted": true}}', 422, 'InvalidRequest'],
    ['half a character in an id', '{"requestId": "r\\ud83d"}', 422, 'InvalidRequest'],
    ['a number that would change', '{"reason": 12345678901234567890}', 422, 'InvalidRequest'],
    ['a number that is too large', '{"reason": 1e400}', 422, 'InvalidRequest'],
    ['a hundred thousand levels', '['.repeat(100_000) + ']'.repeat(100_000), 422, 'InvalidRequest'],
    ['a hundred thousand objects', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), 422, 'InvalidRequest'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'InvalidRequest'],
  ])('%s', async (_what, body, status, code) => {
    await withGateway(env, 'absent', async (ask) => {
      const answer = await ask('POST', '/v1/agents/f/a/pause', body, { 'content-type': 'application/json' });
      expect(answer).toMatchObject({ status, body: { code, status } });
      expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|at Object/);
    });
  });

  it('names the field', async () => {
    await withGateway(env, 'absent', async (ask) => {
      const { body } = await ask('POST', '/v1/agents/f/a/pause', { hold: 'a b', drainTimeout: 'soon' });
      expect(body['errors']).toEqual([
        { pointer: '/hold', detail: expect.stringContaining('letters') as string },
        { pointer: '/drainTimeout', detail: expect.stringContaining('500ms') as string },
      ]);
    });
  });

  it.each([
    ['an address that cannot be read', '/v1/agents/%ff/x', 400],
    ['an invalid page token', '/v1/agents?pageToken=zzz', 422],
  ])('%s', async (_what, path, status) => {
    await withGateway(env, 'absent', async (ask) => {
      const answer = await ask('GET', path);
      expect(answer).toMatchObject({ status, body: { code: 'InvalidRequest', status, type: 'about:blank' } });
      expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    });
  });

  it('a beat has less room than anything else', async () => {
    await withGateway(env, 'absent', async (ask) => {
      const beat = { instanceId: 'x'.repeat(40_000), status: 'ready' };
      expect(await ask('POST', '/v1/agents/f/a/heartbeat', beat)).toMatchObject({
        status: 413,
        body: { code: 'LimitReached' },
      });
    });
  });
});

describe('fleets', () => {
  it('applies, shows, holds and destroys one', async () => {
    await withFleet(env, async (world) => {
      await withGateway(env, world.taskQueue, async (ask) => {
        // The file's providers are real ones; the one in memory is set up by the test itself.
        await world.apply(
          fleetOf(['a', 'b'], { topology: { flows: ['Start -> a', 'Start -> b', 'a -> End', 'b -> End'] } }),
        );
        const path = `/v1/fleets/${world.fleet}`;
        const shown = await ask('GET', path);
        expect(shown.body['topology']).toEqual({
          nodes: ['Start', 'a', 'b', 'End'],
          edges: [
            { from: 'Start', to: 'a' },
            { from: 'Start', to: 'b' },
            { from: 'a', to: 'End' },
            { from: 'b', to: 'End' },
          ],
          rendezvous: [],
        });
        expect(shown).toMatchObject({ status: 200, body: { fleet: world.fleet, revision: 1 } });
        expect(await ask('POST', `${path}/pause`, { reason: 'night' })).toMatchObject({
          status: 200,
          body: { holds: [{ name: 'fleet' }] },
        });
        await eventually(
          () => world.agent('a'),
          ({ runtime }) => runtime === 'paused',
        );
        expect(await ask('POST', `${path}/resume`)).toMatchObject({ status: 200, body: { holds: [] } });
        await eventually(
          () => world.agent('a'),
          ({ runtime }) => runtime === 'running',
        );
        expect(await ask('DELETE', path)).toMatchObject({ status: 202 });
        await eventually(
          () => ask('GET', path),
          ({ status }) => status === 404,
        );
        expect(world.held()).toEqual([]);
      });
    });
  });

  it('says everything that is wrong with a file, and creates nothing', async () => {
    await withGateway(env, 'absent', async (ask) => {
      const agent = { name: 'a', provider: 'external' };
      const spec = { agents: [agent, agent], topology: { flows: ['Start -> absent'] }, surplus: 1 };
      const answer = await ask('PUT', '/v1/fleets/f', { spec });
      expect(answer).toMatchObject({ status: 422, body: { code: 'InvalidFleet' } });
      const errors = answer.body['errors'] as { pointer: string; detail: string }[];
      expect(errors.length).toBeGreaterThanOrEqual(3);
      for (const { pointer } of errors) expect(pointer).toMatch(/^\/spec\//);
      expect(await ask('GET', '/v1/fleets/f')).toMatchObject({ status: 404 });
      const file = { apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name: 'g' }, spec: { agents: [agent] } };
      expect(await ask('PUT', '/v1/fleets/f', file)).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/metadata/name' }] },
      });
      expect(await ask('PUT', '/v1/fleets/g?dryRun=true', file)).toMatchObject({
        status: 200,
        body: { changeId: null, ids: { a: 'dry-run-a' } },
      });
      expect(await ask('GET', '/v1/fleets/g')).toMatchObject({ status: 404 });
    });
  });
});

describe('the gateway itself', () => {
  it('is healthy, ready, described and measured', async () => {
    await withGateway(env, 'absent', async (ask) => {
      const absent = { authorization: '' };
      expect(await ask('GET', '/healthz', undefined, absent)).toMatchObject({ status: 200, body: { status: 'ok' } });
      expect(await ask('GET', '/readyz', undefined, absent)).toMatchObject({ status: 200, body: { status: 'ready' } });
      const { body } = await ask('GET', '/openapi.json', undefined, absent);
      expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' } });
      const described = Object.values(body['paths'] as Record<string, Record<string, { operationId: string }>>).flatMap(
        (path) => Object.values(path).map(({ operationId }) => operationId),
      );
      expect(described.sort()).toEqual(Object.keys(CALLS).sort());
      await ask('POST', '/v1/agents/f/absent/pause');
      const { text } = (await ask('GET', '/metrics', undefined, absent)).body;
      expect(text).toContain('drover_commands_total{command="pause",outcome="AgentNotFound"} 1');
      expect(text).toContain('route="/v1/agents/:fleet/:agent/pause",status="404"');
    });
  });
});
