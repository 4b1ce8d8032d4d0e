import fc from 'fast-check';
import { signFleet, SpecKeys } from '../../src/client/spec-keys';
import type { AgentSpec } from '../../src/contract/agent';
import { DroverError } from '../../src/contract/errors';
import type { FleetSpec } from '../../src/contract/fleet';
import { desiredAgents } from '../../src/rules/fleet/plan/plan';
import { applyRequest } from '../../src/rules/fleet/spec/spec';

const OLD = 'the-old-secret-of-the-signing-tests';
const NEW = 'the-new-secret-of-the-signing-tests';
const keys = new SpecKeys([OLD]);

const spec: AgentSpec = {
  name: 'A',
  provider: 'process',
  process: { command: ['node', 'a.mjs'], cwd: '/srv', env: { A: '1', B: 'ä\u{1f600}' } },
  turns: { maxParallel: 2 },
  subscription: { pool: 'p', inject: { env: 'KEY' } },
};
const signature = keys.sign('mars', 'A', spec);
const signed: AgentSpec = { ...spec, signature };

/** The same value with the keys of every object in another order. */
function turned<T>(value: T): T {
  if (Array.isArray(value)) return value.map(turned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner as unknown)]),
  ) as T;
}

test('a signature holds for its fleet, agent and specification, in any order of keys and after any way', () => {
  expect(signature.keyId).toMatch(/^[0-9a-f]{16}$/);
  expect(signature.hmac).toMatch(/^[\w-]{43}$/);
  expect(keys.problemOf('mars', 'A', signed)).toBeNull();
  expect(keys.problemOf('mars', 'A', turned(signed))).toBeNull();
  expect(keys.problemOf('mars', 'A', JSON.parse(JSON.stringify(signed)) as AgentSpec)).toBeNull();
  expect(keys.sign('mars', 'A', signed)).toEqual(signature);
});

test.each<[string, string, string, AgentSpec]>([
  ['fleet', 'venus', 'A', signed],
  ['agent', 'mars', 'B', signed],
  ['name in the specification', 'mars', 'A', { ...signed, name: 'B' }],
  ['provider', 'mars', 'A', { ...signed, provider: 'docker' }],
  ['command', 'mars', 'A', { ...signed, process: { ...signed.process, command: ['node', 'b.mjs'] } }],
  ['command, split elsewhere', 'mars', 'A', { ...signed, process: { ...signed.process, command: ['node a.mjs'] } }],
  ['adapter', 'mars', 'A', { ...signed, adapter: { command: { run: ['node', 'b.mjs'] } } }],
  [
    'directory',
    'mars',
    'A',
    { ...signed, process: { command: ['node', 'a.mjs'], cwd: '/tmp', env: { A: '1', B: 'ä\u{1f600}' } } },
  ],
  [
    'variable',
    'mars',
    'A',
    { ...signed, process: { command: ['node', 'a.mjs'], cwd: '/srv', env: { A: '2', B: 'ä\u{1f600}' } } },
  ],
  ['no variable', 'mars', 'A', { ...signed, process: { command: ['node', 'a.mjs'], cwd: '/srv', env: { A: '1' } } }],
  [
    'variable of the credential',
    'mars',
    'A',
    { ...signed, subscription: { pool: 'p', inject: { env: 'NODE_OPTIONS' } } },
  ],
  ['number', 'mars', 'A', { ...signed, turns: { maxParallel: 3 } }],
  ['field more', 'mars', 'A', { ...signed, restart: { on: 'always' } }],
])('another %s is refused', (_what, fleet, agent, tampered) => {
  expect(keys.problemOf(fleet, agent, tampered)).toMatch('belongs to another specification');
});

test('an agent and a fleet cannot share a text: the boundary between them is signed too', () => {
  expect(keys.sign('ma', 'rsA', spec).hmac).not.toBe(keys.sign('mars', 'A', spec).hmac);
});

test.each([
  ['none', undefined, 'is not signed'],
  ['an unknown key', { ...signature, keyId: '0123456789abcdef' }, 'key 0123456789abcdef'],
  ['nothing', { ...signature, hmac: '' }, 'belongs to another'],
  ['a longer one', { ...signature, hmac: `${signature.hmac}A` }, 'belongs to another'],
  ['characters of more bytes', { ...signature, hmac: 'ä'.repeat(43) }, 'belongs to another'],
  ['one bit less', { ...signature, hmac: flipped(signature.hmac) }, 'belongs to another'],
])('with a signature of %s it is refused, and the message says what to do', (_what, other, why) => {
  const { signature: _signature, ...rest } = signed;
  const problem = keys.problemOf('mars', 'A', other ? { ...rest, signature: other } : rest);
  expect(problem).toMatch(why);
  expect(problem).toMatch('drover sign');
  expect(problem).not.toMatch(OLD);
});

function flipped(hmac: string): string {
  return `${hmac.startsWith('A') ? 'B' : 'A'}${hmac.slice(1)}`;
}

test('rotation: while two keys are known both hold, the first one signs; without the old one its signatures end', () => {
  const both = new SpecKeys([NEW, OLD]);
  const fresh = { ...spec, signature: both.sign('mars', 'A', spec) };
  expect(both.problemOf('mars', 'A', signed)).toBeNull();
  expect(both.problemOf('mars', 'A', fresh)).toBeNull();
  const next = new SpecKeys([NEW]);
  expect(next.problemOf('mars', 'A', fresh)).toBeNull();
  expect(next.problemOf('mars', 'A', signed)).toMatch(`signed with key ${signature.keyId}`);
  // The id of one key does not open the other one.
  expect(both.problemOf('mars', 'A', { ...signed, signature: { ...signature, keyId: fresh.signature.keyId } })).toMatch(
    'belongs to another',
  );
});

test.each([
  [[]],
  [['']],
  [['x'.repeat(31)]],
  [[OLD, 'short']],
  [['with a space in it, and long enough']],
  [['ä'.repeat(32)]],
])('secrets like %j are refused without a word of them', (secrets) => {
  const make = () => new SpecKeys(secrets);
  expect(make).toThrow(DroverError);
  expect(make).toThrow('32 bytes or more');
  for (const secret of secrets.filter(Boolean)) expect(make).not.toThrow(secret);
});

test('a value that JSON does not have is not signed', () => {
  expect(() => keys.sign('mars', 'A', { ...spec, docker: { image: 'i', cpus: NaN } })).toThrow(
    'mars/A.spec.docker.cpus',
  );
});

describe('a fleet', () => {
  const fleet: FleetSpec = {
    agents: [
      { name: 'P', provider: 'process', process: { command: ['p'] }, subscription: { pool: 'pool' } },
      { name: 'D', provider: 'docker', docker: { image: 'i', cpus: 0.5 }, liveness: { staleAfter: '9s' } },
      { name: 'E', provider: 'external' },
    ],
    liveness: { staleAfter: '30s', heartbeatEvery: '1s' },
    restart: { on: 'failure' },
    notify: [{ url: 'http://hook.example/' }],
    subscriptions: [{ pool: 'pool', credentials: [{ name: 'c', secret: 'env:C' }], inject: { env: 'C' } }],
  };
  const read = (value: FleetSpec) => applyRequest(JSON.parse(JSON.stringify({ spec: value })), 'apply').spec;
  const problems = (value: FleetSpec) =>
    desiredAgents(read(value)).map((agent) => keys.problemOf('mars', agent.name, agent));

  test('what runs here is signed as its own workflow gets it, and nothing else', () => {
    const ready = signFleet(keys, 'mars', fleet);
    expect(ready.agents.map((agent) => agent.signature !== undefined)).toEqual([true, true, false]);
    expect(problems(ready).slice(0, 2)).toEqual([null, null]);
  });

  test.each<[string, Partial<FleetSpec>]>([
    [
      'inject',
      {
        subscriptions: [{ pool: 'pool', credentials: [{ name: 'c', secret: 'env:C' }], inject: { env: 'LD_PRELOAD' } }],
      },
    ],
    ['liveness', { liveness: { staleAfter: '30s', heartbeatEvery: '2s' } }],
    ['restart', { restart: { on: 'always' } }],
    ['notify', { notify: [] }],
  ])('%s of the fleet is a part of what is signed', (_what, more) => {
    expect(problems({ ...signFleet(keys, 'mars', fleet), ...more })[0]).toMatch('belongs to another');
  });

  test('a signature that a file brings along is replaced', () => {
    const first = signFleet(new SpecKeys([NEW]), 'mars', fleet);
    expect(signFleet(keys, 'mars', first)).toEqual(signFleet(keys, 'mars', fleet));
  });

  test('a fleet that its workflow would refuse is refused with the same words', () => {
    const wrong = { agents: [{ name: 'A', provider: 'process' }] } as FleetSpec;
    const words = (work: () => unknown) => {
      try {
        work();
        return null;
      } catch (error) {
        return error instanceof DroverError ? error.toBody() : error;
      }
    };
    expect(words(() => signFleet(keys, 'mars', wrong))).toEqual(words(() => applyRequest({ spec: wrong }, 'apply')));
  });

  test('any environment, in any order', () => {
    const environments = fc.dictionary(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,3}$/),
      fc.string({ unit: 'binary' }),
      {
        noNullPrototype: true,
      },
    );
    fc.assert(
      fc.property(environments, environments, (env, other) => {
        const agent = (variables: typeof env): AgentSpec => ({
          name: 'A',
          provider: 'process',
          process: { command: ['x'], env: variables },
        });
        const its = { ...agent(turned(env)), signature: keys.sign('f', 'A', agent(env)) };
        expect(keys.problemOf('f', 'A', JSON.parse(JSON.stringify(its)) as AgentSpec)).toBeNull();
        const isSame = JSON.stringify(Object.entries(env).sort()) === JSON.stringify(Object.entries(other).sort());
        expect(keys.problemOf('f', 'A', { ...its, ...agent(other) }) === null).toBe(isSame);
      }),
    );
  });
});
