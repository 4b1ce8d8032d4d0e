/** A gateway that holds its agents in leases, with a clock of the test: what it tells whom, and when. */
import type { AgentView, Heartbeat } from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import type { AgentSilent, RenewLease } from '../../../src/contract/lease';
import { Vouching } from '../../../src/gateway/leases/vouching';
import { BeatLedger } from '../../../src/gateway/routes/beats';
import { STALE_MS, view } from '../agent-view';

const SECOND = 1_000;
const LEASE = 'lease/g/0/1';

/** A ledger over agents that record what they receive; all agents of the fleet `f` exist. */
function world() {
  const state = {
    now: 0,
    told: [] as (Heartbeat & { agent: string; lease?: string; n?: number })[],
    silent: [] as (AgentSilent & { agent: string })[],
    renewals: [] as RenewLease[],
    reads: 0,
    paused: new Set<string>(),
    offline: new Set<string>(),
    says: 'ready' as AgentView['liveness'],
    fails: { heartbeat: null, silent: null, renew: null } as Record<string, DroverError | null>,
    warned: [] as string[],
  };
  const failing = (what: 'heartbeat' | 'silent' | 'renew') => {
    const error = state.fails[what];
    if (error) throw error;
  };
  const renew = async (_ref: unknown, renewal: RenewLease) => {
    state.renewals.push(renewal);
    failing('renew');
  };
  const target = {
    heartbeat: async ({ agent }: { agent: string }, beat: Heartbeat) => {
      failing('heartbeat');
      state.told.push({ agent, ...beat });
    },
    describe: async ({ agent }: { agent: string }) => {
      state.reads += 1;
      const status = state.paused.has(agent) ? 'paused' : 'running';
      return view({ name: agent, status, liveness: state.offline.has(agent) ? 'offline' : state.says });
    },
    begin: renew,
    renew,
    silent: async ({ agent }: { agent: string }, silent: AgentSilent) => {
      failing('silent');
      state.silent.push({ agent, ...silent });
    },
  };
  const counters = { received: () => undefined, forwarded: () => undefined };
  const news = { deaf: () => ledger.deaf(), warn: (message: string) => void state.warned.push(message) };
  const vouching = new Vouching(target, news, 0, 'g');
  const ledger: BeatLedger = new BeatLedger(target, counters, () => state.now, vouching);
  const beat = async (agent = 'a', more: Partial<Heartbeat> = {}) =>
    ledger.beat({ fleet: 'f', agent }, { instanceId: 'i1', status: 'ready', ...more });
  /** Beats of these agents every 5 s, and a tick each second. */
  const pass = async (seconds: number, beating: readonly string[] = ['a']) => {
    for (let second = 0; second < seconds; second += 1) {
      state.now += SECOND;
      if (state.now % (5 * SECOND) === 0) for (const agent of beating) await beat(agent);
      await vouching.tick(state.now);
    }
  };
  /** What was told since the last question, as `agent status lease`. */
  const told = () =>
    state.told
      .splice(0)
      .map(({ agent, status, lease }) => `${agent} ${status}${lease === undefined ? '' : ` ${lease}`}`);
  return { state, ledger, vouching, beat, pass, told };
}

test('the first beat goes at once, the next one names the lease, and then nothing is told for ever', async () => {
  const { state, beat, pass, told } = world();
  await beat();
  expect(told()).toEqual(['a ready']);
  expect(state.renewals).toEqual([]);
  await pass(5);
  expect(state.renewals).toEqual([{ epoch: 1, n: 1, joined: ['f/a'], left: [], size: 1 }]);
  expect(told()).toEqual([`a ready ${LEASE}`]);
  await pass(600);
  expect(told()).toEqual([]);
  expect(state.silent).toEqual([]);
  // Three a minute.
  expect(state.renewals).toHaveLength(31);
});

test('a change goes at once and names the lease; its number grows', async () => {
  const { state, beat, pass } = world();
  await beat();
  await pass(5);
  await beat('a', { status: 'degraded' });
  await beat('a', { status: 'degraded', endpoint: 'http://127.0.0.1:2/' });
  const numbers = state.told.map(({ n }) => n);
  expect(numbers).toEqual([1, 2, 3, 4]);
  expect(state.told[0]).toMatchObject({ gateway: 'g' });
  expect(state.told[1]).not.toHaveProperty('gateway');
});

describe('a change that could not be told', () => {
  test.each([
    ['degraded', 'starting', ['a degraded', 'a starting']],
    ['stopping', 'starting', ['a stopping', 'a starting']],
    ['degraded', 'ready', ['a ready']],
    ['starting', 'starting', ['a starting']],
  ] as const)('%s, then %s', async (lost, next, expected) => {
    const { state, beat, told } = world();
    await beat();
    told();
    state.fails['heartbeat'] = new DroverError('Unavailable', 'no server');
    await expect(beat('a', { status: lost })).rejects.toThrow('no server');
    await expect(beat('a', { status: lost })).rejects.toThrow('no server');
    state.fails['heartbeat'] = null;
    await beat('a', { status: next });
    await beat('a', { status: next });
    expect(told()).toEqual(expected);
  });

  test('is not told of another instance', async () => {
    const { state, beat, told } = world();
    await beat();
    told();
    state.fails['heartbeat'] = new DroverError('Unavailable', 'no server');
    await expect(beat('a', { status: 'degraded' })).rejects.toThrow('no server');
    state.fails['heartbeat'] = null;
    await beat('a', { status: 'starting', instanceId: 'i2' });
    expect(state.told.map(({ instanceId, status }) => `${instanceId} ${status}`)).toEqual(['i2 starting']);
  });
});

test('a workflow that says something else than the last beat is told again every third of staleAfter', async () => {
  const { state, beat, pass, told } = world();
  await beat();
  await pass(20);
  told();
  state.says = 'degraded';
  await pass(60);
  expect(told().length).toBeGreaterThanOrEqual(2);
  state.says = 'ready';
  await pass(40);
  told();
  await pass(120);
  expect(told()).toEqual([]);
});

test('without an acknowledged renewal no beat names a lease, and renewals go on as without leases', async () => {
  const { state, beat, pass, told } = world();
  state.fails['renew'] = new DroverError('Unavailable', 'no server');
  await beat();
  await pass(60);
  expect(told()).toEqual(['a ready', 'a ready', 'a ready', 'a ready']);
  expect(state.renewals.length).toBeGreaterThan(50);
});

test('a silent agent is told after its staleAfter, leaves the lease, and its next beat is a first one', async () => {
  const { state, beat, pass, told } = world();
  await beat();
  await pass(20);
  await pass(59, []);
  expect(state.silent).toEqual([]);
  await pass(2, []);
  expect(state.silent).toEqual([
    { agent: 'a', lease: LEASE, instanceId: 'i1', n: 3, silentForMs: expect.any(Number) as number },
  ]);
  expect(state.silent[0]?.silentForMs).toBeGreaterThanOrEqual(STALE_MS);
  await pass(2, []);
  expect(state.renewals.at(-1)).toMatchObject({ joined: [], left: ['f/a'], size: 0 });
  told();
  await beat();
  await pass(5);
  expect(told()).toEqual(['a ready', `a ready ${LEASE}`]);
});

test('a silence that cannot be told is told again, and a beat in between is told with a higher number', async () => {
  const { state, beat, pass, told } = world();
  await beat();
  await pass(20);
  told();
  state.fails['silent'] = new DroverError('Unavailable', 'no server');
  await pass(70, []);
  expect(state.silent).toEqual([]);
  await beat();
  expect(told()).toEqual([`a ready ${LEASE}`]);
  state.fails['silent'] = null;
  await pass(50);
  expect(state.silent).toEqual([]);
  await pass(61, []);
  expect(state.silent).toHaveLength(1);
});

test('an agent whose workflow is gone is forgotten', async () => {
  const { state, beat, pass, vouching } = world();
  await beat();
  await pass(20);
  state.fails['silent'] = new DroverError('AgentNotFound', 'no such agent');
  await pass(62, []);
  expect(vouching.size).toBe(0);
});

test('an agent that its workflow calls offline is told with each beat until it is not', async () => {
  const { beat, pass, told, ledger } = world();
  await beat();
  await pass(20);
  told();
  ledger.learn(view({ liveness: 'offline' }));
  await beat();
  await beat();
  expect(told()).toEqual([`a ready ${LEASE}`]);
});

test('a lost lease: the next epoch, and its agents learn it, at most 100 a second', async () => {
  const { state, beat, pass, told } = world();
  const agents = Array.from({ length: 450 }, (_, index) => `a${String(index)}`);
  for (const agent of agents) await beat(agent);
  await pass(30, agents);
  told();
  state.fails['renew'] = new DroverError('NotFound', 'no such workflow');
  while (state.warned.length === 0) await pass(1, []);
  expect(state.warned).toEqual([expect.stringContaining(`${LEASE} has ended`)]);
  state.fails['renew'] = null;
  await pass(2, []);
  expect(state.renewals.at(-1)).toMatchObject({ epoch: 2, size: 450 });
  const perSecond: number[] = [];
  for (let second = 0; second < 10; second += 1) {
    state.now += SECOND;
    for (const agent of agents) await beat(agent);
    perSecond.push(told().filter((line) => line.endsWith('lease/g/0/2')).length);
  }
  expect(Math.max(...perSecond.slice(1))).toBeLessThanOrEqual(101);
  expect(perSecond.reduce((sum, count) => sum + count, 0)).toBe(450);
});

test('a gateway whose lease is lost says that it has not listened for long', async () => {
  const { state, beat, pass, ledger } = world();
  await beat();
  await pass(100);
  expect(ledger.listeningMs()).toBe(100 * SECOND);
  state.fails['renew'] = new DroverError('NotFound', 'no such workflow');
  await pass(20);
  expect(ledger.listeningMs()).toBeLessThan(20 * SECOND);
});

test('the brake: of 40 agents that fall silent at once none is told before twice the staleAfter', async () => {
  const { state, beat, pass, vouching } = world();
  const agents = Array.from({ length: 40 }, (_, index) => `a${String(index)}`);
  for (const agent of agents) await beat(agent);
  await pass(30, agents);
  expect(vouching.warnings(state.now)).toEqual([]);
  await pass(65, []);
  expect(state.silent).toEqual([]);
  expect(state.warned).toEqual([expect.stringContaining('more than half')]);
  expect(vouching.warnings(state.now)).toEqual(state.warned);
  await pass(50, []);
  expect(state.silent).toEqual([]);
  await pass(10, []);
  expect(state.silent).toHaveLength(40);
  expect(vouching.warnings(state.now)).toEqual([]);
});

test('the brake counts neither paused nor stopping agents, and one of many is told on time', async () => {
  const { state, beat, pass } = world();
  const agents = Array.from({ length: 40 }, (_, index) => `a${String(index)}`);
  for (const agent of agents) await beat(agent);
  await pass(20, agents);
  for (const agent of agents.slice(0, 25)) state.paused.add(agent);
  await pass(25, agents);
  await pass(62, agents.slice(26));
  expect(state.silent.map(({ agent }) => agent).sort()).toEqual(agents.slice(0, 26).sort());
  expect(state.warned).toEqual([]);
});

test('after a standstill of the gateway itself silence counts from its end', async () => {
  const { state, beat, pass, vouching } = world();
  await beat();
  await pass(20);
  state.now += 300 * SECOND;
  vouching.excuse(state.now);
  await pass(55, []);
  expect(state.silent).toEqual([]);
  await pass(6, []);
  expect(state.silent).toHaveLength(1);
});

test('more than 4,000 agents have several leases', async () => {
  const { state, vouching, beat, pass } = world();
  const agents = Array.from({ length: 4_001 }, (_, index) => `a${String(index)}`);
  for (const agent of agents) await beat(agent);
  await pass(1, []);
  expect([vouching.size, vouching.leases]).toEqual([4_001, 2]);
  expect(state.renewals.map(({ size }) => size)).toEqual([4_000, 1]);
});

test('a day in steps of 20 s: one renewal each, and every silence is told once', async () => {
  const { state, vouching, beat } = world();
  await beat();
  const step = async (isBeating: boolean) => {
    state.now += 20 * SECOND;
    if (isBeating) await beat();
    await vouching.tick(state.now);
  };
  const steps = 24 * 60 * 3;
  for (let index = 0; index < steps; index += 1) await step(index % 360 < 355);
  expect(state.silent).toHaveLength(steps / 360);
  expect(state.renewals.length).toBeLessThanOrEqual(steps);
});

describe('what is desired, kept current by the feed', () => {
  const agents = Array.from({ length: 1_000 }, (_, index) => `a${String(index)}`);

  test('1,000 idle agents: no look at any of them in ten minutes', async () => {
    const { state, ledger, pass } = world();
    ledger.followed();
    await pass(30, agents);
    const before = state.reads;
    await pass(600, agents);
    expect(state.reads - before).toBe(0);
  });

  test('an event of an agent makes its next beat look once, and answers what it sees', async () => {
    const { state, ledger, beat, pass } = world();
    ledger.followed();
    await pass(30, ['a', 'b']);
    const before = state.reads;
    state.paused.add('a');
    expect(await beat('a')).toMatchObject({ desired: 'run' });
    ledger.changed({ fleet: 'f', agent: 'a' });
    ledger.changed({ fleet: 'f', agent: 'unknown' });
    expect(await beat('a')).toMatchObject({ desired: 'pause' });
    expect(await beat('a')).toMatchObject({ desired: 'pause' });
    await pass(60, ['a', 'b']);
    expect(state.reads - before).toBe(1);
  });

  test('an event that comes while an older view is on its way makes one more look', async () => {
    const { state, ledger, beat, pass } = world();
    ledger.followed();
    await pass(30);
    ledger.changed({ fleet: 'f', agent: 'a' });
    const before = state.reads;
    const looking = beat('a');
    ledger.changed({ fleet: 'f', agent: 'a' });
    await looking;
    await beat('a');
    await beat('a');
    expect(state.reads - before).toBe(2);
  });

  test('without the feed there is a look per third of staleAfter, and one when it is back', async () => {
    const { state, ledger, pass } = world();
    ledger.followed();
    await pass(30);
    ledger.unfollowed();
    const before = state.reads;
    await pass(60);
    expect(state.reads - before).toBe(3);
    ledger.followed();
    await pass(60);
    expect(state.reads - before).toBe(4);
  });
});
