/** Browsers: a one-time code, a cookie, a header against foreign pages, and who may call from where. */
import { createHash } from 'node:crypto';
import type { NamedToken } from '../../../src/contract/caller/role';
import { Sessions } from '../../../src/gateway/access/sessions';
import { Tokens } from '../../../src/gateway/access/tokens';
import { OPERATOR, raw, SECRET, withLoneGateway } from '../listening';

const viewer: NamedToken = {
  name: 'alice',
  role: 'viewer',
  fleets: ['mars'],
  sha256: createHash('sha256').update('token-of-alice').digest('hex'),
};
const TOKEN = { authorization: 'Bearer token-of-alice' };
const JSON_TYPE = { 'content-type': 'application/json' };

interface Begun {
  readonly status: number;
  readonly cookie: string;
  readonly csrf: string;
}

async function codeOf(url: string, token = TOKEN): Promise<string> {
  const answer = await fetch(`${url}/v1/login-codes`, { method: 'POST', headers: token });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { code: string }).code;
}

async function login(url: string, code: string): Promise<Begun> {
  const answer = await fetch(`${url}/v1/session`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({ code }),
  });
  const { csrf = '' } = (await answer.json()) as { csrf?: string };
  return { status: answer.status, cookie: answer.headers.get('set-cookie') ?? '', csrf };
}

const sent = (cookie: string): string => cookie.split(';')[0] ?? '';

describe('a login code', () => {
  it('begins one session, once', async () => {
    await withLoneGateway(
      async (url) => {
        const code = await codeOf(url);
        const first = await login(url, code);
        expect(first.status).toBe(200);
        expect(first.cookie).toMatch(/^drover_session=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
        expect(first.cookie).not.toContain('token-of-alice');
        expect(await login(url, code)).toMatchObject({ status: 401, cookie: '' });
        expect(await login(url, 'invented')).toMatchObject({ status: 401, cookie: '' });
        const who = await fetch(`${url}/v1/session`, { headers: { cookie: sent(first.cookie) } });
        expect(await who.json()).toEqual({
          name: 'alice',
          role: 'viewer',
          fleets: ['mars'],
          csrf: first.csrf,
          temporalUi: null,
        });
      },
      { namedTokens: () => [viewer] },
    );
  });

  it('ends after five minutes, and its session after twelve hours', () => {
    let now = 1_000_000;
    const tokens = new Tokens([], SECRET, () => [viewer]);
    const sessions = new Sessions(tokens, SECRET, () => now);
    const caller = { kind: 'token', ...viewer } as const;
    const late = sessions.newCode(caller);
    now += 5 * 60_000;
    expect(() => sessions.begin(late.code)).toThrow('too old');
    const { cookie } = sessions.begin(sessions.newCode(caller).code);
    now += 12 * 3_600_000 - 1;
    expect(sessions.find(cookie)?.caller).toEqual(caller);
    now += 1;
    expect(sessions.find(cookie)).toBeUndefined();
  });
});

describe('a session', () => {
  it('ends with its token, and is valid at another gateway of the installation', () => {
    let all: readonly NamedToken[] = [viewer];
    const tokens = new Tokens([], SECRET, () => all);
    const [one, two] = [new Sessions(tokens, SECRET), new Sessions(tokens, SECRET)];
    const { cookie } = one.begin(one.newCode({ kind: 'token', ...viewer }).code);
    expect(two.find(cookie)?.caller.name).toBe('alice');
    all = [{ ...viewer, role: 'admin' }];
    expect(two.find(cookie)?.caller.role).toBe('admin');
    all = [];
    expect(two.find(cookie)).toBeUndefined();
  });

  it.each([
    ['another installation', (cookie: string) => cookie, 'another secret'],
    ['another end', (cookie: string) => cookie.replace(/\.\d+\./, '.99999999999999.'), SECRET],
    ['another token', (cookie: string) => `${'0'.repeat(64)}${cookie.slice(64)}`, SECRET],
    ['no signature', (cookie: string) => cookie.slice(0, -1), SECRET],
    ['nothing', () => '', SECRET],
  ])('is refused with %s', (_what, change, secret) => {
    const tokens = new Tokens([], SECRET, () => [viewer]);
    const sessions = new Sessions(tokens, SECRET);
    const { cookie } = sessions.begin(sessions.newCode({ kind: 'token', ...viewer }).code);
    expect(new Sessions(tokens, secret).find(change(cookie))).toBeUndefined();
  });

  it('needs its header for what changes something, and has no more rights than its token', async () => {
    await withLoneGateway(
      async (url) => {
        const { cookie, csrf } = await login(url, await codeOf(url));
        const end = (headers: Readonly<Record<string, string>>) =>
          fetch(`${url}/v1/session`, { method: 'DELETE', headers: { cookie: sent(cookie), ...headers } });
        const without = await end({});
        expect(without.status).toBe(403);
        expect(await without.json()).toMatchObject({ detail: expect.stringContaining('x-drover-csrf') as string });
        expect((await end({ 'x-drover-csrf': `${csrf}x` })).status).toBe(403);
        const other = await login(url, await codeOf(url));
        expect((await end({ 'x-drover-csrf': other.csrf })).status).toBe(403);
        const pause = { method: 'POST', headers: { cookie: sent(cookie), 'x-drover-csrf': csrf } };
        expect(await (await fetch(`${url}/v1/agents/mars/a/pause`, pause)).json()).toMatchObject({
          status: 403,
          detail: 'the token "alice" has the role viewer; this call needs the role operator',
        });
        const ended = await end({ 'x-drover-csrf': csrf });
        expect(ended.status).toBe(200);
        expect(ended.headers.get('set-cookie')).toContain('Max-Age=0');
      },
      { namedTokens: () => [viewer] },
    );
  });
});

describe('a page of another site', () => {
  const request = (host: string, more = '') =>
    `POST /v1/agents/mars/7/pause HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${OPERATOR}\r\n${more}content-length: 0\r\nconnection: close\r\n\r\n`;

  it.each(['evil.example', 'evil.example:7300', '127.0.0.1.evil.example', 'localhost.evil.example', '[::1', 'a b'])(
    'is refused by the name that it has called: %s',
    async (host) => {
      await withLoneGateway(async (url) => {
        expect(await raw(url, request(host))).toMatch(/^HTTP\/1\.1 4(?:00|03) /);
      });
    },
  );

  it.each(['127.0.0.1', 'localhost:7300', 'LOCALHOST', '[::1]:7300', '10.0.0.7:80', 'gateway:7300', 'my.localhost'])(
    'does not keep out %s',
    async (host) => {
      await withLoneGateway(
        async (url) => {
          // Refused for its path, and so after the check.
          expect(await raw(url, request(host))).toMatch(/^HTTP\/1\.1 422 /);
        },
        { names: ['Gateway'] },
      );
    },
  );

  it.each([
    ['http://evil.example', 403],
    ['http://127.0.0.1:9999', 403],
    ['null', 403],
    ['http://localhost:7300', 422],
    ['https://gateway', 422],
  ])('is refused by its origin: %s, %i', async (origin, status) => {
    await withLoneGateway(
      async (url) => {
        const answer = await raw(url, request('localhost:7300', `origin: ${origin}\r\n`));
        expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
      },
      { names: ['gateway'] },
    );
  });

  it('cannot log in either, nor read what is public', async () => {
    await withLoneGateway(async (url) => {
      const foreign = { origin: 'http://evil.example' };
      for (const path of ['/healthz', '/metrics', '/openapi.json', '/nothing']) {
        expect((await fetch(url + path, { headers: foreign })).status).toBe(403);
      }
      const body = JSON.stringify({ code: 'x' });
      const headers = { ...JSON_TYPE, ...foreign };
      expect((await fetch(`${url}/v1/session`, { method: 'POST', headers, body })).status).toBe(403);
    });
  });
});
