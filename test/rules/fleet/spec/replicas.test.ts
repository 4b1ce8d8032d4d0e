/** Replicas: the agents that one of the file stands for, their names, plans, scaling and signatures. */
import { checkFleetSpec } from '../../../../src/client/fleets/fleet-validation';
import { signFleet, SpecKeys } from '../../../../src/client/spec-keys';
import type { AgentSpec } from '../../../../src/contract/agent';
import { DroverError } from '../../../../src/contract/errors';
import type { FleetSpec, OwnedAgent, ProvisionInput } from '../../../../src/contract/fleet';
import { decideApply, decideScale } from '../../../../src/rules/fleet/change';
import { placeChange, settleChange } from '../../../../src/rules/fleet/settle';
import { parseFleetState } from '../../../../src/rules/fleet/carried';
import { desiredAgents, differingSettings, planChanges } from '../../../../src/rules/fleet/plan/plan';
import { servicesOf } from '../../../../src/rules/fleet/spec/replicas';
import { fleetSpec } from '../../../../src/rules/fleet/spec/spec';
import { type FleetState, newFleet } from '../../../../src/rules/fleet/state';
import { agentSpec } from '../../../../src/rules/agent/spec/spec';
import { expectCarried } from '../../lib/expect-carried';

const worker = (replicas: number, more: Partial<AgentSpec> = {}): AgentSpec => ({
  name: 'Worker',
  provider: 'process',
  process: { command: ['x'] },
  replicas,
  ...more,
});
const boss: AgentSpec = { name: 'Boss', provider: 'external' };
const fleet = (replicas: number, more: Partial<AgentSpec> = {}): FleetSpec => ({
  agents: [boss, worker(replicas, more)],
});
const names = (spec: FleetSpec) => desiredAgents(spec).map(({ name }) => name);

test('an agent with replicas stands for as many, numbered from 1', () => {
  expect(names(fleet(3))).toEqual(['Boss', 'Worker-1', 'Worker-2', 'Worker-3']);
  expect(names(fleet(1))).toEqual(['Boss', 'Worker-1']);
  expect(names(fleet(0))).toEqual(['Boss']);
  const [, first] = desiredAgents({ ...fleet(1), restart: { on: 'never' } });
  expect(first).toEqual({
    name: 'Worker-1',
    provider: 'process',
    process: { command: ['x'] },
    restart: { on: 'never' },
    replicaOf: 'Worker',
  });
  expect(agentSpec(first, 'spec')).toEqual(first);
  expect(servicesOf(fleet(3))).toEqual({ Worker: 3 });
  expect(servicesOf({ agents: [boss] })).toBeUndefined();
});

const other = (name: string): AgentSpec => ({ name, provider: 'external' });
test.each<[string, unknown[], (string | number)[], RegExp]>([
  ['a name of a replica', [worker(2), other('Worker-2')], ['agents', 1, 'name'], /"Worker-2" is reserved .*"Worker"/],
  ['one that is not made yet', [other('Worker-77'), worker(2)], ['agents', 0, 'name'], /reserved/],
  ['replicas of a replica', [worker(0), { ...other('Worker-1'), replicas: 1 }], ['agents', 1, 'name'], /reserved/],
  ['too many in all', [worker(600), { ...worker(600), name: 'B' }], ['agents'], /1200 agents .* at most 1000/],
  ['a long name', [{ ...worker(1), name: 'x'.repeat(59) }], ['agents', 0, 'name'], /longer than 58/],
])('%s is refused at the edge and in the sandbox', (_, agents, path, message) => {
  const checked = checkFleetSpec({ agents });
  expect(checked).toMatchObject({ ok: false, problems: [{ path, message: expect.stringMatching(message) as string }] });
  expect(() => fleetSpec({ agents }, 'spec')).toThrow(message);
});

test.each(['Worker-0', 'Worker-01', 'Worker-x', 'Worker-', 'Worker1', 'worker-1'])('%s is free', (name) => {
  if (!/^[A-Za-z][\w-]*$/.test(name)) return;
  expect(checkFleetSpec({ agents: [worker(2), other(name)] })).toMatchObject({ ok: true });
});

test('a topology names the service, not a replica', () => {
  const flows = (line: string) => ({ ...fleet(2), topology: { flows: ['Start -> Boss', line] } });
  expect(checkFleetSpec(flows('Boss <-> Worker')).ok).toBe(true);
  expect(checkFleetSpec(flows('Boss <-> Worker-1'))).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringContaining('Unknown node "Worker-1"') as string }],
  });
});

test('replicaOf is not a field of a file', () => {
  expect(checkFleetSpec({ agents: [{ ...other('Worker-1'), replicaOf: 'Worker' }] }).ok).toBe(false);
  expect(() => fleetSpec({ agents: [{ ...other('Worker-1'), replicaOf: 'Worker' }] }, 'spec')).toThrow('replicaOf');
});

/** The state of a fleet after a change that succeeds. */
function settled(state: FleetState): FleetState {
  const placed = placeChange(state, { installation: 'inst', host: 'h' });
  const input = placed.change?.input as ProvisionInput;
  const kept = Object.entries(state.agents).filter(([name]) => !input.changes.some(({ agent }) => agent === name));
  const made = input.changes.flatMap(({ agent, kind, key }) =>
    kind === 'delete'
      ? []
      : [
          [
            agent,
            {
              resourceId: 'id',
              key: key ?? state.agents[agent]?.key ?? '',
              revision: input.revision,
              provider: 'process' as const,
            },
          ] as const,
        ],
  );
  const after = settleChange(placed, {
    change: { ...(placed.change?.view as NonNullable<FleetState['change']>['view']), state: 'done' },
    agents: Object.fromEntries<OwnedAgent>([...kept, ...made]),
    record: { entries: [] } as never,
  });
  expectCarried(parseFleetState, after);
  return after;
}
const applied = (spec: FleetSpec, state: FleetState = newFleet({ v: 1, fleet: 'f' }, 'inc')): FleetState =>
  settled(decideApply(state, { spec }).state);
const lines = (changes: readonly { kind: string; agent: string }[]) =>
  changes.map(({ kind, agent }) => `${kind} ${agent}`);

test('scale makes and removes the last ones, and repeats get the first answer', () => {
  const three = applied(fleet(3));
  const up = decideScale(three, { agent: 'Worker', replicas: 5, requestId: 'r1' });
  expect(lines(up.answer.changes)).toEqual(['create Worker-4', 'create Worker-5']);
  const five = settled(up.state);
  expect(five.spec.agents[1]?.replicas).toBe(5);
  const down = decideScale(five, { agent: 'Worker', replicas: 1, requestId: 'r2' });
  expect(lines(down.answer.changes)).toEqual([
    'delete Worker-2',
    'delete Worker-3',
    'delete Worker-4',
    'delete Worker-5',
  ]);
  const one = settled(down.state);
  expect(decideScale(one, { agent: 'Worker', replicas: 5, requestId: 'r1' }).answer).toEqual(up.answer);
  expect(() => decideScale(one, { agent: 'Worker', replicas: 4, requestId: 'r1' })).toThrow(DroverError);
  expect(decideScale(one, { agent: 'Worker', replicas: 1 }).answer.changeId).toBeNull();
  const dry = decideScale(one, { agent: 'Worker', replicas: 2, dryRun: true });
  expect(dry.state).toBe(one);
  expect(dry.answer.ids).toMatchObject({ 'Worker-1': 'id', 'Worker-2': 'dry-run-Worker-2' });
  expect(() => decideScale(up.state, { agent: 'Worker', replicas: 2 })).toThrow('is being changed');
});

test.each([
  ['Boss', /f\/Boss has no replicas: write replicas: 1/],
  ['Worker-2', /f\/Worker-2 is a replica: scale f\/Worker/],
  ['Nobody', /fleet f has no agent "Nobody"; those with replicas are Worker/],
])('scale of %s is refused with the way on', (agent, message) => {
  expect(() => decideScale(applied(fleet(2)), { agent, replicas: 3 })).toThrow(message);
});

test('scale beyond the agents of a fleet is refused', () => {
  expect(() => decideScale(applied(fleet(2)), { agent: 'Worker', replicas: 1_000 })).toThrow(/at most 1000/);
});

test('a service without replicas is part of the fleet, and a change of it is one', () => {
  expect(differingSettings({ agents: [boss] }, fleet(0))).toEqual(['agents.Worker']);
  expect(differingSettings(fleet(0), fleet(0))).toEqual([]);
  expect(differingSettings(fleet(2), fleet(3))).toEqual([]);
  const none = decideApply(applied({ agents: [boss] }), { spec: fleet(0) }).state;
  expect(none.spec.agents[1]?.replicas).toBe(0);
  expect(lines(decideScale(none, { agent: 'Worker', replicas: 2 }).answer.changes)).toEqual([
    'create Worker-1',
    'create Worker-2',
  ]);
});

test('a hot setting reaches every replica without a restart', () => {
  const { agents } = applied(fleet(2));
  expect(planChanges(agents, fleet(2, { turns: { maxParallel: 5 } })).map(({ kind }) => kind)).toEqual([
    'update',
    'update',
  ]);
});

describe('signatures', () => {
  const keys = new SpecKeys(['k'.repeat(32)]);
  const problems = (signed: FleetSpec) => {
    const all = desiredAgents(signed).filter(({ provider }) => provider === 'process');
    return all.map((spec) => keys.problemOf('f', spec.name, spec));
  };

  test('one covers every replica, however many there are', () => {
    expect(problems(signFleet(keys, 'f', fleet(3)))).toEqual([null, null, null]);
    const signed = signFleet(keys, 'f', fleet(0));
    expect(
      problems({ agents: signed.agents.map((agent) => (agent.name === 'Worker' ? { ...agent, replicas: 5 } : agent)) }),
    ).toEqual(Array<null>(5).fill(null));
  });

  test.each<[string, (spec: AgentSpec) => [string, AgentSpec]]>([
    ['another program', (spec) => ['Worker-1', { ...spec, process: { command: ['y'] } }]],
    ['another agent', (spec) => ['Boss', { ...spec, name: 'Boss' }]],
    ['a replica of another agent', (spec) => ['Boss-1', { ...spec, name: 'Boss-1', replicaOf: 'Boss' }]],
    ['a name that is not a number', (spec) => ['Worker-x', { ...spec, name: 'Worker-x' }]],
    ['the agent itself', ({ replicaOf: _, ...spec }) => ['Worker', { ...spec, name: 'Worker' }]],
  ])('one does not cover %s', (_, change) => {
    const [, replica] = desiredAgents(signFleet(keys, 'f', fleet(1)));
    const [agent, spec] = change(replica as AgentSpec);
    expect(keys.problemOf('f', agent, spec)).toContain('its signature belongs to another specification');
  });

  test('one of an agent without replicas covers no replica', () => {
    const { replicas: _, ...plain } = worker(1);
    const [signed] = signFleet(keys, 'f', { agents: [plain] }).agents;
    expect(
      keys.problemOf('f', 'Worker-1', { ...(signed as AgentSpec), name: 'Worker-1', replicaOf: 'Worker' }),
    ).not.toBeNull();
  });

  test.each([0, 2])('scaling from %d and a file without signatures keep what the fleet has', (replicas) => {
    const state = applied(signFleet(keys, 'f', fleet(replicas)));
    const placed = placeChange(decideScale(state, { agent: 'Worker', replicas: 4 }).state, {
      installation: 'i',
      host: 'h',
    });
    for (const { agent, spec } of placed.change?.input?.changes ?? [])
      expect(keys.problemOf('f', agent, spec as AgentSpec)).toBeNull();
    const unsigned = placeChange(decideApply(state, { spec: fleet(4) }).state, { installation: 'i', host: 'h' });
    const changes = unsigned.change?.input?.changes ?? [];
    expect(changes.length).toBeGreaterThan(0);
    for (const { agent, spec } of changes) expect(keys.problemOf('f', agent, spec as AgentSpec)).toBeNull();
  });
});
