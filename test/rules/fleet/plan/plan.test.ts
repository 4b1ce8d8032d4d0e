import fc from 'fast-check';
import type { AgentSpec } from '../../../../src/contract/agent';
import type { FleetSpec } from '../../../../src/contract/fleet';
import {
  desiredAgents,
  differingFields,
  differingSettings,
  type OwnedWithSpec,
  planChanges,
  signedAgents,
} from '../../../../src/rules/fleet/plan/plan';
import { runs } from '../../../support/runs';

const A: AgentSpec = { name: 'A', provider: 'process', process: { command: ['node', 'a.mjs'], env: { LETTERS: 'M' } } };
const B: AgentSpec = { name: 'B', provider: 'docker', docker: { image: 'agent:1' } };

function ownedBy(spec: FleetSpec): Record<string, OwnedWithSpec> {
  return Object.fromEntries(
    desiredAgents(spec).map((agent): [string, OwnedWithSpec] => [
      agent.name,
      { resourceId: `id-${agent.name}`, key: `key-${agent.name}`, revision: 1, provider: agent.provider, spec: agent },
    ]),
  );
}

const base: FleetSpec = { agents: [A, B] };

test.each<[string, FleetSpec, ReturnType<typeof planChanges>]>([
  ['nothing differs', { agents: [A, B] }, []],
  ['another order does not differ', { agents: [B, A] }, []],
  ['a new agent is created', { agents: [A, B, { ...A, name: 'C' }] }, [{ kind: 'create', agent: 'C', fields: [] }]],
  ['an agent that is gone is deleted', { agents: [A] }, [{ kind: 'delete', agent: 'B', fields: [] }]],
  [
    'another environment replaces, with the fields that differ',
    { agents: [{ ...A, process: { command: ['node', 'a.mjs'], env: { LETTERS: 'X', MORE: '1' } } }, B] },
    [{ kind: 'replace', agent: 'A', fields: ['process.env.LETTERS', 'process.env.MORE'] }],
  ],
  [
    'a command differs as a whole',
    { agents: [{ ...A, process: { command: ['node', 'b.mjs'], env: { LETTERS: 'M' } } }, B] },
    [{ kind: 'replace', agent: 'A', fields: ['process.command'] }],
  ],
  [
    'another adapter replaces',
    { agents: [{ ...A, process: { env: { LETTERS: 'M' } }, adapter: { command: { run: ['codex'] } } }, B] },
    [{ kind: 'replace', agent: 'A', fields: ['adapter.command.run', 'process.command'] }],
  ],
  [
    'another provider replaces',
    { agents: [{ name: 'A', provider: 'external' }, B] },
    [{ kind: 'replace', agent: 'A', fields: ['process.command', 'process.env.LETTERS', 'provider'] }],
  ],
  [
    'turns are hot',
    { agents: [{ ...A, turns: { maxParallel: 5 } }, B] },
    [{ kind: 'update', agent: 'A', fields: ['turns.maxParallel'] }],
  ],
  [
    'labels are hot',
    { agents: [{ ...A, labels: { team: 'red' } }, B] },
    [{ kind: 'update', agent: 'A', fields: ['labels.team'] }],
  ],
  [
    'hot and cold together replace',
    { agents: [A, { ...B, docker: { image: 'agent:2' }, turns: { queue: 1 } }] },
    [{ kind: 'replace', agent: 'B', fields: ['docker.image', 'turns.queue'] }],
  ],
  [
    "the fleet's own liveness and restart are every agent's",
    { ...base, liveness: { staleAfter: '30s' } },
    [
      { kind: 'update', agent: 'A', fields: ['liveness.staleAfter'] },
      { kind: 'update', agent: 'B', fields: ['liveness.staleAfter'] },
    ],
  ],
  ['other settings concern no agent', { ...base, provisioning: { maxConcurrent: 1 }, topology: { flows: [] } }, []],
])('%s', (_name, next, expected) => {
  expect(planChanges(ownedBy(base), next)).toEqual(expected);
});

test('an agent with a doubt is configured or replaced again although nothing differs', () => {
  const owned = ownedBy(base);
  const a = owned['A'];
  const b = owned['B'];
  if (!a || !b) throw new Error('both are owned');
  expect(planChanges({ A: { ...a, doubt: 'spec' }, B: { ...b, doubt: 'resource' } }, base)).toEqual([
    { kind: 'update', agent: 'A', fields: [] },
    { kind: 'replace', agent: 'B', fields: [] },
  ]);
});

test("an agent's own liveness and restart win, key by key", () => {
  const [agent] = desiredAgents({
    liveness: { staleAfter: '30s', healthCheck: { every: '5s', failures: 2 } },
    restart: { on: 'always', backoff: { initial: '1s' } },
    agents: [{ ...A, liveness: { startupGrace: '1m', healthCheck: { every: '1s' } }, restart: { on: 'never' } }],
  });
  expect(agent?.liveness).toEqual({ staleAfter: '30s', startupGrace: '1m', healthCheck: { every: '1s', failures: 2 } });
  expect(agent?.restart).toEqual({ on: 'never', backoff: { initial: '1s' } });
});

test('settings outside of the agents, by path', () => {
  const after: FleetSpec = { ...base, topology: { flows: ['Start -> A'] }, provisioning: { timeout: '1h' } };
  expect(differingSettings({ ...base, topology: { flows: [] } }, after)).toEqual([
    'provisioning.timeout',
    'topology.flows',
  ]);
});

const name = fc.constantFrom('A', 'B', 'C', 'D', 'E');
const agent = fc.record(
  {
    name,
    provider: fc.constant('process' as const),
    process: fc.record({
      command: fc.array(fc.constantFrom('node', 'x'), { minLength: 1, maxLength: 2 }),
      env: fc.dictionary(fc.constantFrom('K', 'L'), fc.constantFrom('1', '2')),
    }),
    turns: fc.record({ maxParallel: fc.integer({ min: 1, max: 3 }) }),
  },
  { requiredKeys: ['name', 'provider', 'process'] },
);
const fleet = fc.record({ agents: fc.uniqueArray(agent, { selector: (item) => item.name, maxLength: 5 }) });

test('property: what a plan is carried out for needs no further change, and only what differs is touched', () => {
  fc.assert(
    fc.property(fleet, fleet, (before, after) => {
      const owned = ownedBy(before);
      const changes = planChanges(owned, after);
      const touched = new Map(changes.map((change) => [change.agent, change.kind]));
      const next: Record<string, OwnedWithSpec> = { ...owned };
      for (const [which, fresh] of Object.entries(ownedBy(after))) if (touched.has(which)) next[which] = fresh;
      for (const { kind, agent: gone } of changes) if (kind === 'delete') delete next[gone];
      expect(planChanges(next, after)).toEqual([]);
      for (const wanted of after.agents) {
        const had = owned[wanted.name];
        const same = had !== undefined && differingFields(had.spec, wanted).length === 0;
        expect(touched.has(wanted.name)).toBe(!same);
      }
    }),
    { numRuns: runs(500) },
  );
});

describe('signatures', () => {
  const signature = { keyId: '0'.repeat(16), hmac: 'h'.repeat(43) };
  const other = { keyId: '1'.repeat(16), hmac: 'i'.repeat(43) };
  const owned = ownedBy({ agents: [{ ...A, signature }, B] });

  test.each<[string, AgentSpec, ReturnType<typeof planChanges>]>([
    ['the same one does not differ', { ...A, signature }, []],
    ['a file without one leaves what the agent has', A, []],
    [
      'another one is taken over while the agent runs',
      { ...A, signature: other },
      [{ kind: 'update', agent: 'A', fields: ['signature'] }],
    ],
    [
      'beside another difference it is not worth a word',
      { ...A, turns: { queue: 1 }, signature: other },
      [{ kind: 'update', agent: 'A', fields: ['turns.queue'] }],
    ],
  ])('%s', (_what, agent, expected) => {
    expect(planChanges(owned, { agents: [agent, B] })).toEqual(expected);
  });

  test('an agent that had none gets one', () => {
    expect(planChanges(ownedBy(base), { agents: [{ ...A, signature }, B] })).toEqual([
      { kind: 'update', agent: 'A', fields: ['signature'] },
    ]);
  });

  test('what is made again keeps the signature of the same specification, and of no other one', () => {
    const signatures = (agent: AgentSpec) => signedAgents({ agents: [agent] }, owned).map((made) => made.signature);
    expect(signatures(A)).toEqual([signature]);
    expect(signatures({ ...A, signature: other })).toEqual([other]);
    expect(signatures({ ...A, turns: { queue: 1 } })).toEqual([undefined]);
    expect(signedAgents({ agents: [{ ...A, name: 'C' }] }, owned)).toEqual([{ ...A, name: 'C' }]);
  });
});
