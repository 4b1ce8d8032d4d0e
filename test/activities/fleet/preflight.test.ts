/** The check of a worker before a change, over the real providers and an engine that answers as Docker does. */
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPreflightActivities } from '../../../src/activities/fleet/preflight';
import { admitSigned, signedPlans } from '../../../src/activities/admission';
import { SpecKeys } from '../../../src/client/spec-keys';
import type { AgentSpec } from '../../../src/contract/agent';
import type { PreflightCall, Unmet } from '../../../src/contract/fleet/preflight';
import { DroverError } from '../../../src/contract/errors';
import { DockerProvider } from '../../../src/providers/docker';
import { ExternalProvider } from '../../../src/providers/external';
import { ProcessProvider } from '../../../src/providers/process';
import { activityEnvironment } from '../../support/quiet';

const environment = { PATH: process.env['PATH'], KEY: 'sk-of-the-worker', EMPTY: '' };
const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };

let folder: string;
let engine: Server;
/** The engine's answer to a path, by the first pattern that fits; 404 otherwise. */
const ANSWERS: readonly (readonly [RegExp, number])[] = [
  [/images\/here\/json/, 200],
  [/distribution\/there\/json/, 200],
  [/distribution\/denied\/json/, 403],
  [/distribution\/silent\/json/, 500],
];
/** The answer of Podman to the question for a registry, and the messages of its pull of an image. */
const UNSUPPORTED = 'Path /distribution/x/json is not supported';
const PULLS: Readonly<Record<string, object>> = {
  'podman-has': { status: 'Download complete' },
  'podman-lacks': { error: 'reading manifest latest in localhost:5000/podman-lacks: manifest unknown' },
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-preflight-'));
  writeFileSync(join(folder, 'key'), 'sk-of-a-file\n');
  engine = createServer(({ url = '' }, response) => {
    const pull = PULLS[new URL(url, 'http://engine').searchParams.get('fromImage') ?? ''];
    if (pull !== undefined) return void response.writeHead(200).end(JSON.stringify(pull));
    if (/distribution\/podman-/.test(url))
      return void response
        .writeHead(404, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message: UNSUPPORTED }));
    const status = ANSWERS.find(([path]) => path.test(url))?.[1] ?? 404;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message: 'said' }));
  });
  await new Promise<void>((resolve) => engine.listen(join(folder, 'engine.sock'), resolve));
});
afterAll(async () => {
  await new Promise((resolve) => engine.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

function activities(more: Partial<Parameters<typeof createPreflightActivities>[0]> = {}) {
  const options = { installation: 'inst', environment, ...access };
  const providers = {
    process: new ProcessProvider({ ...options, stateDir: join(folder, 'state') }),
    docker: new DockerProvider({ ...options, engine: { socketPath: join(folder, 'engine.sock') } }),
    external: new ExternalProvider(options),
  };
  return createPreflightActivities({ providers, environment, ...more });
}

async function unmetOf(
  specs: readonly AgentSpec[],
  pools: PreflightCall['pools'] = [],
  more: Parameters<typeof activities>[0] = {},
  call: Pick<PreflightCall, 'approvable'> = {},
): Promise<readonly Unmet[]> {
  const agents = specs.map((spec) => ({ spec, checks: ['program', 'webhooks'] as const }));
  const found: Unmet[] = [];
  await activityEnvironment().run(async () => {
    found.push(...(await activities(more).checkAgents({ fleet: 'mars', agents, pools, ...call })).unmet);
  });
  return found;
}

const program = (own: Partial<NonNullable<AgentSpec['process']>> = {}, more: Partial<AgentSpec> = {}): AgentSpec => ({
  name: 'A',
  provider: 'process',
  process: { command: ['sh', '-c', 'true'], cwd: '/', ...own },
  ...more,
});
const container = (own: Partial<NonNullable<AgentSpec['docker']>>): AgentSpec => ({
  name: 'A',
  provider: 'docker',
  docker: { image: 'here', ...own },
});
const service = (secret: string): AgentSpec => ({ name: 'A', provider: 'external', external: { secret } });

test.each<[string, AgentSpec, RegExp | null]>([
  ['nothing', program(), null],
  ['resolved references', program({ env: { A: 'env:KEY', B: 'literal:env:GONE', C: 'text' } }), null],
  [
    'a variable',
    program({ env: { API_KEY: 'env:GONE' } }),
    /^process\.env\.API_KEY: secret env:GONE: .*no variable GONE; set it/,
  ],
  ['an empty variable', program({ env: { API_KEY: 'env:EMPTY' } }), /process\.env\.API_KEY: secret env:EMPTY/],
  [
    'a file',
    program({ env: { API_KEY: 'file:/gone/key' } }),
    /API_KEY: secret file:\/gone\/key: .*ENOENT.*create the file/,
  ],
  ['a folder as a file', program({ env: { API_KEY: 'file:/tmp' } }), /API_KEY: secret file:\/tmp: .*EISDIR/],
  [
    'a secret of Drover',
    program({ env: { A: 'env:DROVER_AGENT_SECRET' } }),
    /process\.env\.A: .*secret of Drover itself/,
  ],
  ['a secret of Drover, passed on', program({ passEnv: ['DROVER_AGENT_SECRET'] }), /process\.passEnv: .*Drover itself/],
  [
    'a program of PATH',
    program({ command: ['no-such-program'] }),
    /^process\.command: command "no-such-program" cannot be run: no directory of PATH.*install it/,
  ],
  [
    'a program by its path',
    program({ command: ['./run.sh'], cwd: '/tmp' }),
    /process\.command: .*no executable file \/tmp\/run\.sh/,
  ],
  ['a folder as a program', program({ command: ['/tmp'] }), /process\.command: command "\/tmp"/],
  [
    'a program in its own PATH',
    program({ command: ['sh'], env: { PATH: '/nowhere' } }),
    /process\.command: command "sh"/,
  ],
  [
    'a working directory',
    program({ cwd: '/no/such/folder' }),
    /^process\.cwd: .*\/no\/such\/folder does not exist; create it/,
  ],
  ['a file as a working directory', program({ cwd: '/etc/passwd' }), /^process\.cwd: .*\/etc\/passwd/],
  ['a name of a variable', program({ env: { 'a-b': '1' } }), /^process: process\.env: invalid name "a-b"/],
  [
    'all of them',
    program({ env: { A: 'env:GONE', B: 'file:/gone' }, command: ['gone'] }),
    /env\.A: .*; process\.env\.B: .*; process\.command: /,
  ],
  ['a local image', container({ image: 'here' }), null],
  ['an image of a registry', container({ image: 'there' }), null],
  ['an image whose registry does not answer', container({ image: 'silent' }), null],
  ['an image that Podman can pull', container({ image: 'podman-has' }), null],
  [
    'an image that Podman cannot pull',
    container({ image: 'podman-lacks' }),
    /^docker\.image: the engine has no image podman-lacks, and pulling it failed: .*manifest unknown; build or push it/,
  ],
  [
    'an image',
    container({ image: 'gone' }),
    /^docker\.image: neither the engine nor its registry has the image gone; build/,
  ],
  ['an image of others', container({ image: 'denied' }), /^docker\.image: .*denied/],
  ['a variable of a container', container({ env: { K: 'env:GONE' } }), /^docker\.env\.K: secret env:GONE/],
  ['the secret of a service', service('env:GONE'), /^external\.secret: secret env:GONE/],
  ['the resolved secret of a service', service('env:KEY'), null],
  [
    'the secret of a webhook',
    program({}, { notify: [{ url: 'http://h' }, { url: 'http://i', secret: 'env:GONE' }] }),
    /^notify\.1\.secret: secret env:GONE/,
  ],
])('finds what is missing: %s', async (_what, spec, why) => {
  expect(await unmetOf([spec])).toEqual(
    why === null ? [] : [{ agent: 'A', why: expect.stringMatching(why) as string }],
  );
});

test('finds the credentials of its pool, each of them, and of no other pool', async () => {
  const pools = [
    {
      pool: 'claude',
      credentials: [
        { name: 'a', secret: 'env:KEY' },
        { name: 'b', secret: 'env:GONE' },
        { name: 'c', secret: 'file:/gone' },
      ],
    },
    { pool: 'other', credentials: [{ name: 'x', secret: 'env:ALSO_GONE' }] },
  ];
  const [unmet] = await unmetOf(
    [program({}, { subscription: { pool: 'claude' } }), { ...program(), name: 'B' }],
    pools,
  );
  expect(unmet?.why).toMatch(
    /^credential b of pool claude: secret env:GONE: .*; credential c of pool claude: secret file:\/gone/,
  );
  expect(unmet?.why).not.toContain('ALSO_GONE');
});

test('names many agents in their order, in bounded bytes, without a secret', async () => {
  const specs = Array.from({ length: 300 }, (_, index) => ({
    ...program({ env: { A: 'env:KEY', B: `env:GONE_${'X'.repeat(100)}` }, command: ['sk-of-the-worker'] }),
    name: `A${String(index)}`,
  }));
  const unmet = await unmetOf(specs);
  expect(unmet.map(({ agent }) => agent)).toEqual(specs.map(({ name }) => name));
  expect(JSON.stringify(unmet)).not.toContain('sk-of-the-worker');
  expect(Buffer.byteLength(JSON.stringify(unmet))).toBeLessThan(128 * 1024);
});

test('an agent that this worker refuses is not looked at, and neither is a reference that it may not resolve', async () => {
  const refused = await unmetOf([program({ env: { A: 'file:/gone' } })], [], { admit: admitSigned(undefined) });
  expect(refused).toEqual([{ agent: 'A', code: 'Forbidden', why: expect.stringMatching(/^Forbidden: /) as string }]);
  expect(refused[0]?.why).not.toContain('gone');

  const allowReference = async () => false;
  const pools = [{ pool: 'p', credentials: [{ name: 'a', secret: 'file:/gone' }] }];
  const agents: AgentSpec[] = [
    service('file:/gone'),
    { name: 'B', provider: 'external', external: {}, subscription: { pool: 'p' } },
    { name: 'C', provider: 'external', external: {}, notify: [{ url: 'http://h', secret: 'file:/gone' }] },
  ];
  const unmet = await unmetOf(agents, pools, { allowReference });
  expect(unmet.map(({ code }) => code)).toEqual(['Forbidden', 'Forbidden', 'Forbidden']);
  expect(JSON.stringify(unmet)).not.toContain('ENOENT');
  expect(JSON.stringify(unmet)).toContain('DROVER_REFERENCES');
});

test('an engine that cannot be reached is an error that is tried again, not a missing image', async () => {
  const options = { installation: 'inst', environment, ...access, engine: { socketPath: join(folder, 'none.sock') } };
  const asking = unmetOf([container({})], [], { providers: { docker: new DockerProvider(options) } });
  await expect(asking).rejects.toMatchObject({
    nonRetryable: false,
    message: expect.stringContaining('no container engine answers') as string,
  });
  await expect(asking).rejects.not.toBeInstanceOf(DroverError);
});

test('a worker without the provider says so', async () => {
  expect(await unmetOf([program()], [], { providers: {} })).toEqual([
    { agent: 'A', why: 'provider: this worker has no provider "process"' },
  ]);
});

describe('what the apply of a plan would approve first', () => {
  const allowReference = async () => false;
  const keys = new SpecKeys(['the-secret-of-this-installation-01']);
  const references = ['file:/gone', 'env:KEY'];
  const pools = [
    {
      pool: 'p',
      credentials: [
        { name: 'a', secret: 'file:/gone' },
        { name: 'b', secret: 'env:KEY' },
      ],
    },
  ];
  const agents: AgentSpec[] = [
    { ...service('file:/gone'), name: 'S' },
    { name: 'P', provider: 'external', external: {}, subscription: { pool: 'p' } },
    { name: 'W', provider: 'external', external: {}, notify: [{ url: 'http://h', secret: 'file:/gone' }] },
  ];
  const found = (approvable: PreflightCall['approvable'], hasSigned = signedPlans(keys)) =>
    unmetOf(agents, pools, { allowReference, hasSigned }, approvable ? { approvable } : {});

  test('is resolved with a signature of this installation, and only then', async () => {
    const signed = await found({ references, signature: keys.signReferences('mars', references) });
    expect(signed.map(({ agent, why, code }) => [agent, why.split(':')[0], code])).toEqual([
      ['S', 'external.secret', undefined],
      ['P', 'credential a of pool p', undefined],
      ['W', 'notify.0.secret', undefined],
    ]);
    expect(JSON.stringify(signed)).toContain('ENOENT');
  });

  test.each([
    ['no signature', undefined],
    ['another fleet', keys.signReferences('venus', references)],
    ['other references', keys.signReferences('mars', ['file:/gone'])],
    ['another key', new SpecKeys(['the-secret-of-another-installation']).signReferences('mars', references)],
    ['a changed text', { ...keys.signReferences('mars', references), hmac: 'A'.repeat(43) }],
  ])('is not looked at with %s, so that no answer tells what this host has', async (_what, signature) => {
    expect(await found({ references, ...(signature && { signature }) })).toEqual([]);
  });

  test('is not looked at by a worker without keys', async () => {
    const signature = keys.signReferences('mars', references);
    expect(await found({ references, signature }, signedPlans(undefined))).toEqual([]);
  });

  test('what it would not approve is refused', async () => {
    const unmet = await found({ references: ['env:KEY'], signature: keys.signReferences('mars', ['env:KEY']) });
    expect(unmet.map(({ agent, code }) => [agent, code])).toEqual([
      ['S', 'Forbidden'],
      ['P', 'Forbidden'],
      ['W', 'Forbidden'],
    ]);
  });
});
