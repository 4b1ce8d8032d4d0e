/** The objects that need a person, and ages as texts. */
import type { AgentListItem } from '../../src/contract/agent';
import type { FleetListItem } from '../../src/contract/fleet';
import type { WaitingItem } from '../../src/contract/run/inbox';
import type { PoolListItem } from '../../src/contract/pool';
import { needsOf } from '../../src/dashboard/state/needs';
import { ageText } from '../../src/dashboard/state/age';

const AT = '2026-01-01T00:00:00.000Z';

const agent: AgentListItem = {
  fleet: 'f',
  name: 'a',
  status: 'running',
  liveness: 'ready',
  phase: 'running',
  runtime: 'running',
  restarts: 0,
  since: AT,
  holds: [],
  subscription: null,
  why: null,
  problem: null,
};
const fleet: FleetListItem = { fleet: 'f', revision: 1, state: 'done', agents: 1, ready: 1, holds: [], problem: null };
const pool: PoolListItem = {
  pool: 'p',
  credentials: 1,
  free: 1,
  agents: 1,
  failuresInWindow: 0,
  exhaustedUntil: null,
  problem: null,
};
const item: WaitingItem = {
  id: 'f.r.1',
  kind: 'question',
  fleet: 'f',
  run: 'r',
  branch: '0',
  agent: 'a',
  prompt: { really: true },
  context: null,
  askedAt: AT,
  isExpired: false,
  isPaused: false,
  digest: 'd',
};
const nothing = { agents: [], fleets: [], pools: [], inbox: [] };

test.each([
  ['healthy ones', { agents: [agent], fleets: [fleet], pools: [pool], inbox: [] }, []],
  [
    'a failed agent',
    { ...nothing, agents: [{ ...agent, phase: 'failed', why: 'crash loop' }] },
    [['agent failed', 'crash loop']],
  ],
  [
    'a silent agent',
    { ...nothing, agents: [{ ...agent, liveness: 'offline' }] },
    [['agent offline', 'it has stopped beating']],
  ],
  [
    'a stopped agent, which is silent on purpose',
    { ...nothing, agents: [{ ...agent, phase: 'stopped', liveness: 'offline' }] },
    [],
  ],
  [
    'an agent that does not answer',
    { ...nothing, agents: [{ ...agent, phase: 'unknown', problem: 'no worker' }] },
    [['no answer', 'no worker']],
  ],
  [
    'a change that left something',
    { ...nothing, fleets: [{ ...fleet, state: 'failed' }] },
    [['change failed', expect.stringContaining('undo it again')]],
  ],
  [
    'a pool without a free credential',
    { ...nothing, pools: [{ ...pool, exhaustedUntil: AT }] },
    [['pool used up', expect.stringContaining(AT)]],
  ],
  ['a question', { ...nothing, inbox: [item] }, [['question', 'a asks: {"really":true}']]],
  [
    'one whose deadline has passed',
    { ...nothing, inbox: [{ ...item, isExpired: true }] },
    [['question', 'its deadline has passed; a asks: {"really":true}']],
  ],
] as const)('%s', (_, lists, expected) => {
  expect(needsOf(lists).map(({ what, why }) => [what, why])).toEqual(expected);
});

test.each([
  [0, '0 s'],
  [59_000, '59 s'],
  [60_000, '1 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 d'],
  [-3_000, '3 s'],
  [-3_600_000, 'in 1 h'],
])('%d ms later: %s', (ms, text) => {
  expect(ageText(AT, Date.parse(AT) + ms)).toBe(text);
});
