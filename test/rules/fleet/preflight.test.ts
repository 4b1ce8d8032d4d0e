/** Which worker is asked what before a change, and what follows from the answers. */
import type { AgentSpec } from '../../../src/contract/agent';
import type { FleetSpec } from '../../../src/contract/fleet';
import { decideApply, decideDestroy } from '../../../src/rules/fleet/change';
import { duePools } from '../../../src/rules/fleet/pools';
import { planRounds } from '../../../src/rules/fleet/plan/rounds';
import { preflightRounds, settlePreflight } from '../../../src/rules/fleet/preflight';
import { placeChange, settleChange } from '../../../src/rules/fleet/settle';
import { type FleetState, newFleet } from '../../../src/rules/fleet/state';
import { beginChange, endChange, ownedAs, recordCreated } from '../../../src/rules/change/run';
import { changeResult } from '../../../src/rules/change/view';

const AT = '2026-01-01T00:00:00.000Z';
const NOTHING = { unmet: [], silent: [] };
const program = (name: string, more: Partial<AgentSpec> = {}): AgentSpec => ({
  name,
  provider: 'process',
  process: { command: ['a'] },
  ...more,
});

function placed(state: FleetState, spec: FleetSpec, host: string): FleetState {
  return placeChange(decideApply(state, { spec }).state, { installation: 'inst', host });
}

/** A fleet whose change is done, on a host. */
function applied(state: FleetState, spec: FleetSpec, host: string): FleetState {
  const begun = settlePreflight(placed(state, spec, host), NOTHING);
  const input = begun.change?.input;
  if (!input) throw new Error('the change has no input');
  const run = input.changes.reduce(
    (now, { agent, key, spec: its }) =>
      key !== null && its ? recordCreated(now, ownedAs(input, its, key, `id-${key}`), agent, AT) : now,
    beginChange(input, AT),
  );
  return settleChange(begun, changeResult(endChange(run)));
}

const empty = newFleet({ v: 1, fleet: 'mars' }, 'inc');

test('asks the host for processes, the main queue for the others and for webhooks, and a former host whether it answers', () => {
  const before = applied(empty, { agents: [program('A'), program('Same')] }, 'old');
  const hook = { url: 'http://h', secret: 'env:HOOK' };
  const spec: FleetSpec = {
    agents: [
      program('A', { process: { command: ['b'] }, notify: [hook], subscription: { pool: 'p' } }),
      program('Same'),
      program('New', { notify: [{ url: 'http://open' }] }),
      { name: 'D', provider: 'docker', docker: { image: 'i' } },
      { name: 'M', provider: 'memory' },
    ],
    subscriptions: [
      { pool: 'p', credentials: [{ name: 'a', secret: 'env:A' }] },
      { pool: 'unused', credentials: [{ name: 'a', secret: 'env:B' }] },
    ],
  };
  const rounds = preflightRounds(placed(before, spec, 'new'));
  const shown = rounds.map(({ host, calls }) => [
    host,
    calls.flatMap(({ agents }) => agents.map(({ spec: { name }, checks }) => `${name} ${checks.join()}`)),
    calls.flatMap(({ pools }) => pools.map(({ pool }) => pool)),
  ]);
  expect(shown).toEqual([
    ['new', ['A program', 'New program'], ['p']],
    [null, ['A webhooks', 'D program,webhooks'], []],
    ['old', [], []],
  ]);
  // A former host is asked by an empty call.
  expect(rounds.at(-1)?.calls).toEqual([{ fleet: 'mars', agents: [], pools: [] }]);
});

test('a plan asks what its apply would ask, but no host of a predecessor', () => {
  const before = applied(empty, { agents: [program('A'), program('Same')] }, 'old');
  const spec: FleetSpec = {
    agents: [
      program('A', { process: { command: ['b'] }, notify: [{ url: 'http://h', secret: 'env:HOOK' }] }),
      program('Same'),
      program('New', { subscription: { pool: 'p' }, replicas: 2 }),
      { name: 'D', provider: 'docker', docker: { image: 'i' } },
    ],
    liveness: { staleAfter: '9s' },
    subscriptions: [{ pool: 'p', credentials: [{ name: 'a', secret: 'env:A' }] }],
  };
  const { changes } = decideApply(before, { spec, dryRun: true }).answer;
  const withoutFormer = preflightRounds(placed(before, spec, 'new')).filter(({ host }) => host !== 'old');
  expect(withoutFormer).toHaveLength(2);
  expect(planRounds({ fleet: 'mars', host: 'new', changes, spec })).toEqual(withoutFormer);
  const nothing = decideApply(before, { spec: before.spec, dryRun: true }).answer;
  expect(planRounds({ fleet: 'mars', host: 'new', changes: nothing.changes, spec: before.spec })).toEqual([]);
});

test('a change that creates nothing asks for nothing', () => {
  const before = applied(empty, { agents: [program('A'), program('B')] }, 'host');
  const fewer = placed(before, { agents: [program('A', { turns: { queue: 3 } })] }, 'host');
  expect(preflightRounds(fewer)).toEqual([]);
  expect(preflightRounds(placeChange(decideDestroy(before, {}).state, { installation: 'i', host: 'h' }))).toEqual([]);
});

test('many agents are asked in calls of bounded size, each agent once', () => {
  const agents = Array.from({ length: 60 }, (_, index) =>
    program(`A${String(index)}`, { process: { command: ['a'], env: { TEXT: 'x'.repeat(4_000) } }, replicas: 5 }),
  );
  const [round] = preflightRounds(placed(empty, { agents }, 'host'));
  const names = round?.calls.flatMap((call) => call.agents.map(({ spec }) => spec.name)) ?? [];
  expect(new Set(names).size).toBe(300);
  expect(names).toHaveLength(300);
  for (const call of round?.calls ?? []) expect(JSON.stringify(call).length).toBeLessThan(300_000);
});

test('a change with everything goes on, and its pools are told only then', () => {
  const spec: FleetSpec = {
    agents: [program('A', { subscription: { pool: 'p' } })],
    subscriptions: [{ pool: 'p', credentials: [{ name: 'a', secret: 'env:A' }] }],
  };
  const accepted = decideApply(empty, { spec }).state;
  const asked = placed(empty, spec, 'host');
  expect([duePools(accepted), duePools(asked)]).toEqual([null, null]);
  const begun = settlePreflight(asked, NOTHING);
  expect(begun.change?.step).toBe('provision');
  expect(duePools(begun)).toMatchObject({ pools: [{ pool: 'p' }] });
});

test('a change that lacks something ends with every missing thing, and the fleet stays as it was', () => {
  const before = applied(empty, { agents: [program('A')] }, 'host');
  const asked = placed(before, { agents: [program('A', { process: { command: ['b'] } }), program('B')] }, 'host');
  const ended = settlePreflight(asked, {
    unmet: [
      { agent: 'A', why: 'process.env.KEY: secret env:KEY: gone' },
      { agent: 'B', why: 'process.cwd: gone' },
    ],
    silent: ['host old does not answer'],
  });
  expect(ended.change).toMatchObject({
    step: 'ended',
    input: null,
    view: {
      state: 'failed',
      error:
        'nothing was changed; A: process.env.KEY: secret env:KEY: gone; B: process.cwd: gone; host old does not answer',
      compensation: null,
      agents: [
        { agent: 'A', step: 'failed', error: 'process.env.KEY: secret env:KEY: gone' },
        { agent: 'B', step: 'failed', error: 'process.cwd: gone' },
      ],
    },
  });
  expect(ended.change?.view).not.toHaveProperty('code');
  expect([ended.agents, ended.spec]).toEqual([before.agents, before.spec]);
  const refused = settlePreflight(asked, { unmet: [{ agent: 'A', why: 'not signed', code: 'Forbidden' }], silent: [] });
  expect(refused.change?.view.code).toBe('Forbidden');
});
