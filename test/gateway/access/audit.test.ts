/** Who did what: the trail of a gateway, its file, and what the workflow records. */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditFile, readAuditFile } from '../../../src/audit-file';
import { DroverClient } from '../../../src/client';
import { type AuditEntry, AUDIT_FILES } from '../../../src/contract/caller/audit';
import type { AgentView } from '../../../src/contract/agent';
import type { NamedToken, Role } from '../../../src/contract/caller/role';
import { devServer } from '../../support/env';
import { withAgents } from '../../workflows/agent/harness';
import { gatewayOver, OPERATOR, withLoneGateway } from '../listening';

const env = devServer();
const token = (name: string, role: Role, fleets: readonly string[] | null = null): NamedToken => ({
  name,
  role,
  fleets,
  sha256: createHash('sha256').update(`token-of-${name}`).digest('hex'),
});
const TOKENS = [token('alice', 'operator'), token('bob', 'viewer')];

it('names who gave a command, from where and under which id, in the trail and in the log of the agent', async () => {
  await withAgents(env, async (world) => {
    await (await world.start('a')).ready();
    const entries: AuditEntry[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'drover-audit-'));
    const write = openAuditFile(folder, fail);
    const app = await gatewayOver(DroverClient.over(env.client, world.taskQueue), {
      namedTokens: () => [...TOKENS, token('carol', 'operator', [world.fleet]), token('dave', 'operator', ['venus'])],
      audit: (entry) => {
        entries.push(entry);
        write(entry);
      },
      readAudit: (filter) => readAuditFile(folder, filter),
    });
    const path = `/v1/agents/${world.fleet}/a`;
    const send = (who: string, command: string, headers = {}) =>
      app.inject({
        method: 'POST',
        url: `${path}/${command}?x=1`,
        headers: { authorization: `Bearer ${who}`, ...headers },
        remoteAddress: '10.0.0.7',
      });
    try {
      await send('token-of-alice', 'pause', { 'idempotency-key': 'deploy-7' });
      await send('token-of-alice', 'start');
      await send('token-of-bob', 'resume');
      await send('invented', 'resume');
      // At a terminal, so no gateway sees it; and one that does not say who gives it.
      const agents = DroverClient.over(env.client, world.taskQueue).agents;
      const ref = { fleet: world.fleet, agent: 'a' };
      await agents.command(ref, 'hold', { hold: 'budget', by: 'nina', from: 'laptop' });
      await agents.command(ref, 'release', { hold: 'budget' });
      await app.inject({ method: 'GET', url: path, headers: { authorization: `Bearer ${OPERATOR}` } });
      const from = '10.0.0.7';
      expect(entries).toEqual([
        {
          at: expect.any(String) as string,
          who: 'alice',
          role: 'operator',
          from,
          method: 'POST',
          path: `${path}/pause`,
          fleet: world.fleet,
          agent: 'a',
          requestId: 'deploy-7',
          status: 200,
          code: null,
        },
        expect.objectContaining({ who: 'alice', status: 409, code: 'AgentStatusError', path: `${path}/start` }),
        expect.objectContaining({ who: 'bob', role: 'viewer', status: 403, code: 'Forbidden' }),
        expect.objectContaining({ who: null, role: null, from, status: 403, requestId: null }),
      ]);
      // Refused by the rule, with an id that the caller can find again.
      expect(entries[1]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
      const seen = await app.inject({ method: 'GET', url: path, headers: { authorization: `Bearer ${OPERATOR}` } });
      const decisions = seen.json<AgentView>().decisions;
      expect(decisions?.find(({ what }) => what === 'pause')?.by).toBe('alice from 10.0.0.7, request deploy-7');
      // Each caller sees what it may: an operator of this fleet its commands, one of another fleet nothing, a viewer no trail.
      const trail = async (who: string, query: string): Promise<unknown> => {
        const answer = await app.inject({
          method: 'GET',
          url: `/v1/audit${query}`,
          headers: { authorization: `Bearer ${who}` },
        });
        const { items } = answer.json<{ items?: AuditEntry[] }>();
        return items === undefined ? answer.statusCode : items.map(({ who: by, code }) => [by, code]);
      };
      const all = [
        ['nina', null],
        [null, 'Forbidden'],
        ['bob', 'Forbidden'],
        ['alice', 'AgentStatusError'],
        ['alice', null],
      ];
      const query = `?fleet=${world.fleet}`;
      expect(await trail('token-of-alice', `${query}&agent=a`)).toEqual(all);
      expect(await trail('token-of-carol', '')).toEqual(all);
      expect(await trail('token-of-alice', `${query}&refused=true&limit=1`)).toEqual(all.slice(1, 2));
      expect(await trail('token-of-alice', `${query}&agent=b`)).toEqual([]);
      expect(await trail('token-of-alice', `${query}&since=2999-01-01T00:00:00Z`)).toEqual([]);
      expect(await trail('token-of-alice', '?agent=a')).toBe(422);
      expect(await trail('token-of-dave', '')).toEqual([]);
      expect(await trail('token-of-dave', query)).toBe(403);
      expect(await trail('token-of-bob', query)).toBe(403);
      // A repeat by another caller is the same request, and is not recorded twice.
      const again = await send(OPERATOR, 'pause', { 'idempotency-key': 'deploy-7' });
      expect(again.json()).toMatchObject({ changed: true, requestId: 'deploy-7' });
    } finally {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

it('says which fleet and which run a call was about, whether its path or its body names it', async () => {
  const entries: AuditEntry[] = [];
  await withLoneGateway(
    async (_url, app) => {
      const headers = { authorization: 'Bearer token-of-dave' };
      const send = (url: string, payload: object) => app.inject({ method: 'POST', url, headers, payload });
      // Each refused before Temporal is asked.
      await send('/v1/runs', { fleet: 'mars', run: 'no name', task: 't' });
      await send('/v1/runs', { fleet: 'mars', run: 'r', task: 't' });
      await send('/v1/inbox/mars.r.1/answer', { value: 1 });
      await send('/v1/runs/mars/r/cancel', {});
      await send('/v1/inbox/deny', { kind: 'gate', fleet: 'mars' });
      await send('/v1/fleets/mars/pause', {});
      const about = entries.map(({ fleet, run, agent, code }) => ({ fleet, run, agent, code }));
      expect(about).toEqual([
        { fleet: undefined, run: undefined, agent: undefined, code: 'InvalidRequest' },
        { fleet: 'mars', run: undefined, agent: undefined, code: 'Forbidden' },
        { fleet: 'mars', run: 'r', agent: undefined, code: 'Forbidden' },
        { fleet: 'mars', run: 'r', agent: undefined, code: 'Forbidden' },
        { fleet: 'mars', run: undefined, agent: undefined, code: 'Forbidden' },
        { fleet: 'mars', run: undefined, agent: undefined, code: 'Forbidden' },
      ]);
    },
    { audit: (entry) => entries.push(entry), namedTokens: () => [token('dave', 'operator', ['venus'])] },
  );
});

it('bounds the entries of callers without a valid token, and counts the others', async () => {
  const entries: AuditEntry[] = [];
  await withLoneGateway(
    async (_url, app) => {
      for (let call = 0; call < 100; call += 1) await app.inject({ method: 'GET', url: '/v1/agents' });
      expect(entries).toHaveLength(60);
    },
    { audit: (entry) => entries.push(entry) },
  );
  expect(entries).toHaveLength(61);
  expect(entries.at(-1)).toMatchObject({ who: null, more: 40 });
});

describe('the file', () => {
  const entry = (at: string): AuditEntry => ({
    at,
    who: 'alice',
    role: 'admin',
    from: '::1',
    method: 'POST',
    path: '/v1/runs',
    requestId: null,
    status: 202,
    code: null,
  });
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drover-audit-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('is read since a time, across its two parts, and without a torn line', () => {
    const write = openAuditFile(folder, fail, 400);
    for (const hour of ['10', '11', '12', '13']) write(entry(`2026-01-01T${hour}:00:00.000Z`));
    appendFileSync(join(folder, AUDIT_FILES.now), '{"at":"2026-01-01T14');
    expect(statSync(join(folder, AUDIT_FILES.now)).mode & 0o077).toBe(0);
    expect(statSync(join(folder, AUDIT_FILES.before)).size).toBeGreaterThan(0);
    const filter = { sinceMs: Date.parse('2026-01-01T11:00:00.000Z'), limit: 10 };
    const hours = (limit: number) => readAuditFile(folder, { ...filter, limit }).map(({ at }) => at.slice(11, 13));
    expect(hours(10)).toEqual(['13', '12', '11']);
    expect(hours(2)).toEqual(['13', '12']);
  });

  it('costs only its lines if it cannot be written', () => {
    const losses: string[] = [];
    openAuditFile(join(folder, 'absent'), (why) => losses.push(why))(entry('2026-01-01T10:00:00.000Z'));
    expect(losses).toEqual([expect.stringContaining('ENOENT')]);
  });
});

function fail(why: string): never {
  throw new Error(why);
}
