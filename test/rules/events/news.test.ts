import fc from 'fast-check';
import type { AgentStatus, Liveness, Runtime } from '../../../src/contract/agent';
import {
  type Known,
  updateKnown,
  type Look,
  newsBetween,
  NOTHING_KNOWN,
  type SeenAgent,
  type SeenRun,
} from '../../../src/rules/events/news';

function agent(more: Partial<SeenAgent> = {}): SeenAgent {
  const working = { status: 'running', liveness: 'ready', runtime: 'running' } as const;
  return { fleet: 'f', name: 'a', ...working, holds: [], subscription: null, pool: null, ...more };
}

function run(more: Partial<SeenRun> = {}): SeenRun {
  return {
    fleet: 'f',
    run: 'r',
    state: 'completed',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    outcome: { success: true, error: null, turns: 3 },
    ...more,
  };
}

const look = (agents: readonly SeenAgent[], more: Partial<Look> = {}): Look => ({
  agents,
  pools: [],
  runs: [],
  ...more,
});

/** `type subject` of everything that is told while these looks follow each other; the first one is where the watching begins. */
function told(...looks: readonly Look[]): string[] {
  let known = NOTHING_KNOWN;
  return looks.flatMap((next, index) => {
    const after = updateKnown(known, next);
    const news = index === 0 ? [] : newsBetween(known, after);
    known = after;
    return news.map(({ type, data }) => `${type} ${String(data['agent'] ?? data['run'] ?? data['pool'])}`);
  });
}

const STARTING = { liveness: 'starting', runtime: 'starting' } as const;
const PENDING = { status: 'pending', ...STARTING } as const;
const OFFLINE = { liveness: 'offline' } as const;

describe('the events of an agent', () => {
  test.each<[string, readonly Partial<SeenAgent>[], readonly string[]]>([
    ['its first start', [PENDING, {}], ['agent.ready f/a']],
    ['its silence and its return', [{}, OFFLINE, {}], ['agent.offline f/a', 'agent.ready f/a']],
    ['a crash that is repaired', [{}, OFFLINE, STARTING, {}], ['agent.offline f/a', 'agent.ready f/a']],
    ['a failed start', [PENDING, { status: 'failed', ...OFFLINE, runtime: 'crashed' }], ['agent.failed f/a']],
    ['degraded is ready still', [{}, { liveness: 'degraded' }, {}], []],
    ['a pause causes no event', [{}, { status: 'paused', runtime: 'paused' }, {}], []],
    ['an earlier pause causes no event', [{ status: 'paused', runtime: 'paused' }, {}], []],
    [
      'a planned stop and start cause no event',
      [{}, { status: 'stopped', ...OFFLINE, runtime: 'stopped' }, STARTING, {}],
      [],
    ],
    ['a planned restart causes no event', [{}, { ...OFFLINE, runtime: 'stopped' }, STARTING, {}], []],
    [
      'a switch',
      [
        { pool: 'p', subscription: 'x' },
        { pool: 'p', subscription: 'y' },
      ],
      ['subscription.switched f/a'],
    ],
    ['a first credential causes no event', [{ pool: 'p' }, { pool: 'p', subscription: 'y' }], []],
    [
      'another pool causes no event',
      [
        { pool: 'p', subscription: 'x' },
        { pool: 'q', subscription: 'y' },
      ],
      [],
    ],
  ])('%s', (_what, states, expected) => {
    expect(told(...states.map((state) => look([agent(state)])))).toEqual(expected);
  });

  it('an agent that a list missed is not new, and one that was added is', () => {
    expect(told(look([agent()]), look([]), look([]), look([agent()]))).toEqual([]);
    expect(told(look([agent()]), look([agent(), agent({ name: 'b' })]))).toEqual(['agent.ready f/b']);
    const gone = Array.from({ length: 10 }, () => look([]));
    expect(told(look([agent()]), ...gone, look([agent()]))).toEqual(['agent.ready f/a']);
  });
});

it('a pool is exhausted while an agent waits: one event with the waiting agents and the fleets', () => {
  const waiting = (name: string, fleet = 'f') => agent({ name, fleet, pool: 'p', holds: ['subscription'] });
  const free = (name: string, fleet = 'f') => agent({ name, fleet, pool: 'p' });
  const pool = { pool: 'p', credentials: 2, free: 0, agents: 2, failuresInWindow: 2, exhaustedUntil: 'then' };
  const looks = [
    look([free('a'), free('b', 'g')]),
    look([waiting('a'), free('b', 'g')], { pools: [pool] }),
    look([waiting('a'), waiting('b', 'g')], { pools: [pool] }),
    look([free('a'), free('b', 'g')]),
    look([free('a'), waiting('b', 'g')]),
    look([free('a'), waiting('b', 'g')], { pools: [pool] }),
  ] as const;
  expect(told(...looks)).toEqual(['pool.exhausted p', 'pool.exhausted p']);
  // The list of pools may be behind that of agents.
  expect(told(...looks.slice(0, -1))).toEqual(['pool.exhausted p']);
  const before = updateKnown(NOTHING_KNOWN, looks[0]);
  expect(newsBetween(before, updateKnown(before, looks[1]))).toEqual([
    {
      type: 'pool.exhausted',
      at: null,
      data: { pool: 'p', exhaustedUntil: 'then', agents: ['f/a'] },
      fleets: ['f', 'g'],
    },
  ]);
});

it('a run ends once, as its result says, or else as its workflow did', () => {
  const failed = run({ run: 'bad', outcome: { success: false, error: 'no\n', turns: 1 } });
  const unread = run({ run: 'cut', state: 'failed', outcome: null });
  const cancelled = run({ run: 'off', state: 'cancelled', outcome: { success: false, error: 'cancelled', turns: 1 } });
  const all = [run(), failed, unread, cancelled];
  const runs = (some: readonly SeenRun[]) => look([], { runs: some });
  expect(told(runs([run({ run: 'old' })]), runs(all), runs(all))).toEqual([
    'run.completed f/r',
    'run.failed f/bad',
    'run.failed f/cut',
    'run.cancelled f/off',
  ]);
  expect(told(runs([run({ run: 'old' })]), runs([]), runs([run({ run: 'old' })]))).toEqual([]);
  const [news] = newsBetween(NOTHING_KNOWN, updateKnown(NOTHING_KNOWN, runs([failed])));
  expect(news).toEqual({
    type: 'run.failed',
    at: '2026-01-01T00:00:01.000Z',
    data: { run: 'f/bad', success: false, error: 'no', turns: 1 },
    fleets: ['f'],
  });
});

const agents = fc.record({
  fleet: fc.constantFrom('f', 'g'),
  name: fc.constantFrom('a', 'b', 'c'),
  status: fc.constantFrom<AgentStatus>('pending', 'running', 'paused', 'stopped', 'failed'),
  liveness: fc.constantFrom<Liveness>('starting', 'ready', 'degraded', 'offline'),
  runtime: fc.constantFrom<Runtime | null>(null, 'stopped', 'starting', 'running', 'paused', 'stopping', 'crashed'),
  holds: fc.subarray(['operator', 'subscription']),
  pool: fc.constantFrom(null, 'p', 'q'),
  subscription: fc.constantFrom(null, 'x', 'y'),
});
const looks = fc.record<Look>({
  agents: fc.uniqueArray(agents, { selector: ({ fleet, name }) => `${fleet}/${name}` }),
  pools: fc.constant([]),
  runs: fc.uniqueArray(
    fc.constantFrom('r', 's', 't').map((name) => run({ run: name })),
    { selector: (item) => item.run },
  ),
});

it('after any look, the same look again causes no event, and every subject has at most one event of a kind in a look', () => {
  const kindOf = (type: string) => type.replace(/^agent\..*/, 'agent').replace(/^run\..*/, 'run');
  fc.assert(
    fc.property(fc.array(looks, { maxLength: 6 }), (seen) => {
      let known: Known = NOTHING_KNOWN;
      for (const next of seen) {
        const after = updateKnown(known, next);
        expect(newsBetween(after, after)).toEqual([]);
        expect(newsBetween(after, updateKnown(after, next))).toEqual([]);
        const kinds = newsBetween(known, after).map(
          ({ type, data }) => `${kindOf(type)} ${String(data['agent'] ?? data['run'] ?? data['pool'])}`,
        );
        expect(new Set(kinds).size).toBe(kinds.length);
        known = after;
      }
    }),
  );
});
