/** A plan shows old and new values, and no secret. */
import type { AgentSpec } from '../../../../src/contract/agent';
import type { FleetSpec } from '../../../../src/contract/fleet';
import { planDifferences } from '../../../../src/rules/fleet/plan/plan-values';
import { ownedOf } from '../owned';

const SECRET = 'sk-very-secret-indeed';

/** The values of one agent that has changed. */
function valuesOf(was: Partial<AgentSpec>, is: Partial<AgentSpec>) {
  const before: FleetSpec = { agents: [{ name: 'A', provider: 'process', ...was }] };
  const after: FleetSpec = { agents: [{ name: 'A', provider: 'process', ...is }] };
  return planDifferences(ownedOf(before), before, after).map(({ agent, field, old, new: now }) => [
    agent,
    field,
    old,
    now,
  ]);
}

test.each<[string, Partial<AgentSpec>, Partial<AgentSpec>, readonly (string | null)[][]]>([
  ['nothing', { turns: { queue: 1 } }, { turns: { queue: 1 } }, []],
  [
    'numbers and texts',
    { turns: { queue: 1, timeout: '5s' } },
    { turns: { queue: 2 } },
    [
      ['A', 'turns.queue', '1', '2'],
      ['A', 'turns.timeout', '"5s"', null],
    ],
  ],
  [
    'a list as a whole',
    { process: { command: ['a'] } },
    { process: { command: ['a', '-v'] } },
    [['A', 'process.command', '["a"]', '["a","-v"]']],
  ],
  ['a signature', { signature: { keyId: 'a', hmac: 'b' } }, { signature: { keyId: 'c', hmac: 'd' } }, []],
  [
    'a variable',
    { process: { command: ['a'], env: { MODE: SECRET } } },
    { process: { command: ['a'], env: { MODE: 'x' } } },
    [['A', 'process.env.MODE', '"***"', '"***"']],
  ],
  [
    'a variable with a reference',
    { process: { command: ['a'] } },
    { process: { command: ['a'], env: { K: 'env:K', F: 'file:/f' } } },
    [
      ['A', 'process.env.F', null, '"file:/f"'],
      ['A', 'process.env.K', null, '"env:K"'],
    ],
  ],
])('%s', (_what, was, is, values) => {
  expect(valuesOf(was, is)).toEqual(values);
});

test.each<[string, Partial<AgentSpec>]>([
  ['a variable', { process: { command: ['a'], env: { MODE: SECRET } } }],
  ['a variable of a container', { provider: 'docker', docker: { image: 'i', env: { X: SECRET } } }],
  ['an option', { process: { command: ['a', '--api-key', SECRET] } }],
  ['an option with =', { process: { command: ['a', `--token=${SECRET}`, `PASSWORD=${SECRET}`] } }],
  ['a shell line', { process: { command: ['sh', '-c', `API_KEY=${SECRET} exec a`] } }],
  ['a header', { process: { command: ['curl', '-H', `x-api-key: ${SECRET}`] } }],
  ['the password of a URL', { provider: 'external', external: { create: `https://user:${SECRET}@host/create` } }],
  ['a webhook', { notify: [{ url: `https://${SECRET}@host/hook` }] }],
])('no secret is shown: %s', (_what, spec) => {
  const plain = { process: { command: ['b'] } };
  expect(JSON.stringify([valuesOf(plain, spec), valuesOf(spec, plain)])).not.toContain(SECRET);
  expect(JSON.stringify(valuesOf(plain, spec))).toContain('***');
});

test("the fleet's own settings are shown, and everything is bounded", () => {
  const before: FleetSpec = { agents: [], topology: { flows: ['Start -> A'] } };
  const after: FleetSpec = { agents: [], topology: { flows: ['Start -> B'] }, provisioning: { timeout: '1h' } };
  expect(planDifferences({}, before, after)).toEqual([
    { agent: null, field: 'provisioning.timeout', old: null, new: '"1h"' },
    { agent: null, field: 'topology.flows', old: '["Start -> A"]', new: '["Start -> B"]' },
  ]);
  const agents = (text: string): FleetSpec => ({
    agents: Array.from({ length: 900 }, (_, index) => ({
      name: `A${String(index)}`,
      provider: 'process',
      process: { command: [text.repeat(1_000)] },
    })),
  });
  const many = planDifferences(ownedOf(agents('a')), agents('a'), agents('b'));
  expect(many).toHaveLength(500);
  expect(Buffer.byteLength(JSON.stringify(many))).toBeLessThan(500 * 500);
});
