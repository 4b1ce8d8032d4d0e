/** The tables of the lifecycle, and every command in every combination of status and runtime. */
import fc from 'fast-check';
import { type AgentCommand, type AgentStatus, type Runtime, AGENT_COMMANDS } from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import { type CommandRequest, decide } from '../../../src/rules/agent/commands/commands';
import {
  RUNTIME_TRANSITIONS,
  STATUS_TRANSITIONS,
  isFollowing,
  moveRuntime,
  moveStatus,
} from '../../../src/rules/agent/lifecycle';
import { T0, agentIn } from './agents';

const STATUSES = Object.keys(STATUS_TRANSITIONS) as AgentStatus[];
const RUNTIMES = Object.keys(RUNTIME_TRANSITIONS) as Runtime[];

function codeOf(decision: () => unknown): string {
  try {
    decision();
    return 'accepted';
  } catch (error) {
    if (error instanceof DroverError) return error.code;
    throw error;
  }
}

function refusalOf(decision: () => unknown): DroverError {
  try {
    decision();
  } catch (error) {
    if (error instanceof DroverError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('status', () => {
  const allowed = [
    'pending running',
    'pending stopped',
    'pending failed',
    'pending terminated',
    'running paused',
    'running stopped',
    'running failed',
    'running terminated',
    'paused running',
    'paused stopped',
    'paused failed',
    'paused terminated',
    'stopped running',
    'stopped terminated',
    'failed running',
    'failed terminated',
  ];
  test.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    const expected = from === to || allowed.includes(`${from} ${to}`) ? 'accepted' : 'AgentStatusError';
    expect(codeOf(() => moveStatus(from, to))).toBe(expected);
  });
});

describe('runtime', () => {
  const allowed = [
    'stopped starting',
    'starting running',
    'starting stopping',
    'starting crashed',
    'running paused',
    'running stopping',
    'running crashed',
    'paused running',
    'paused stopping',
    'paused crashed',
    'stopping stopped',
    'stopping crashed',
    'crashed starting',
  ];
  test.each(RUNTIMES.flatMap((from) => RUNTIMES.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
    expect(codeOf(() => moveRuntime(from, to))).toBe(
      allowed.includes(`${from} ${to}`) ? 'accepted' : 'RuntimeStateError',
    );
  });
});

/** The page's table, cell by cell, as a function of the situation; written out a second time on purpose. */
function expected(command: AgentCommand, status: AgentStatus, runtime: Runtime, holdSet: boolean): string {
  switch (command) {
    case 'pause':
      if (status === 'terminated') return 'AgentStatusError';
      if (status === 'running') return 'changed';
      return status === 'paused' && !holdSet ? 'changed' : 'RuntimeStateError';
    case 'resume':
      return status === 'paused' && runtime === 'paused' && holdSet ? 'changed' : 'ResumeStateError';
    case 'stop':
      if (status === 'terminated') return 'AgentStatusError';
      if (status === 'stopped') return 'same';
      return status === 'failed' && runtime === 'stopped' ? 'same' : 'changed';
    case 'start':
      if (status === 'running') return 'same';
      return status === 'stopped' || status === 'failed' ? 'changed' : 'AgentStatusError';
    case 'restart':
      return status === 'running' || status === 'paused' ? 'changed' : 'AgentStatusError';
    case 'terminate':
      return status === 'terminated' ? 'same' : 'changed';
    case 'hold':
      if (status === 'terminated') return 'AgentStatusError';
      return holdSet ? 'same' : 'changed';
    case 'release':
      if (status === 'terminated') return 'AgentStatusError';
      return holdSet ? 'changed' : 'same';
  }
}

const STATUS_AFTER: Readonly<Record<AgentCommand, (before: AgentStatus, holdsLeft: number) => AgentStatus>> = {
  pause: () => 'paused',
  resume: (_, left) => (left > 0 ? 'paused' : 'running'),
  stop: (before) => (before === 'failed' ? 'failed' : 'stopped'),
  start: () => 'running',
  restart: (before) => before,
  terminate: () => 'terminated',
  hold: (before) => (before === 'running' ? 'paused' : before),
  release: (before, left) => (before === 'paused' && left === 0 ? 'running' : before),
};

describe.each(AGENT_COMMANDS)('%s', (command) => {
  const cases = STATUSES.flatMap((status) =>
    RUNTIMES.flatMap((runtime) => [true, false].map((holdSet) => [status, runtime, holdSet] as const)),
  );
  test.each(cases)('status %s, runtime %s, hold set %s', (status, runtime, holdSet) => {
    // A paused agent always has a hold.
    const holds = [...(holdSet ? ['mine'] : []), ...(status === 'paused' && !holdSet ? ['other'] : [])];
    const before = agentIn(status, runtime, 'ready', holds);
    const takesHold = ['pause', 'resume', 'hold', 'release'].includes(command);
    const request = { command, options: takesHold ? { hold: 'mine' } : {} } as CommandRequest;
    const outcome = expected(command, status, runtime, holdSet);
    if (outcome === 'changed' || outcome === 'same') {
      const { state, changed } = decide(before, request, T0);
      expect(changed).toBe(outcome === 'changed');
      if (!changed) expect(state).toBe(before);
      const isHeldAlready = command === 'start' && holds.length > 0 && (runtime === 'running' || runtime === 'paused');
      if (changed)
        expect(state.status).toBe(isHeldAlready ? 'paused' : STATUS_AFTER[command](status, state.holds.length));
      expect(state.runtime).toBe(runtime);
      return;
    }
    expect(codeOf(() => decide(before, request, T0))).toBe(outcome);
  });
});

describe('refusals', () => {
  test('name status, runtime, holds and what would be allowed', () => {
    const state = agentIn('paused', 'paused', 'ready', ['operator', 'budget']);
    expect.assertions(3);
    try {
      decide(state, { command: 'pause', options: {} }, T0);
    } catch (error) {
      expect(error).toBeInstanceOf(DroverError);
      const { message, details } = error as DroverError;
      expect(message).toBe(
        'cannot pause mars/A: status paused, runtime paused, holds operator, budget; ' +
          'allowed now: resume, stop, restart, terminate, release',
      );
      expect(details).toEqual({
        current: { status: 'paused', runtime: 'paused', liveness: 'ready', holds: ['operator', 'budget'] },
        allowed: ['resume', 'stop', 'restart', 'terminate', 'release'],
      });
    }
  });

  test.each([
    ['resume', {}, ['fleet'], '; held by fleet: drover resume --fleet mars'],
    [
      'resume',
      {},
      ['fleet', 'budget'],
      '; held by fleet: drover resume --fleet mars; held by budget: drover release mars/A --hold budget',
    ],
    ['resume', { hold: 'budget' }, ['operator'], '; held by operator: drover resume mars/A'],
    ['start', {}, ['operator'], '; held by operator: drover resume mars/A'],
  ] as const)(
    '%s %j of an agent that %j hold names the way on, and is not allowed now',
    (command, options, holds, way) => {
      const state = agentIn('paused', 'paused', 'ready', holds);
      expect.assertions(2);
      try {
        decide(state, { command, options } as CommandRequest, T0);
      } catch (error) {
        const { message, details } = error as DroverError;
        expect(message.endsWith(way)).toBe(true);
        expect(details?.['allowed']).not.toContain(command);
      }
    },
  );

  test('a pause under way is withdrawn by cancelPending alone', () => {
    const pausing = agentIn('paused', 'running');
    expect(codeOf(() => decide(pausing, { command: 'resume', options: {} }, T0))).toBe('ResumeStateError');
    expect(() => decide(pausing, { command: 'resume', options: {} }, T0)).toThrow(
      'its pause is still under way: wait for it, or withdraw it with resume --cancel-pending',
    );
    expect(() => decide(pausing, { command: 'resume', options: { hold: 'budget' } }, T0)).toThrow(
      /release; held by operator: drover resume mars\/A --cancel-pending$/,
    );
    const { state } = decide(pausing, { command: 'resume', options: { cancelPending: true } }, T0);
    expect(state).toMatchObject({ status: 'running', runtime: 'running', holds: [], drainUntil: null });
  });
});

test('an agent has at most 32 holds', () => {
  const state = agentIn('running', 'running');
  const many = Array.from({ length: 32 }, (_, index) => `h${String(index)}`);
  const held = many.reduce((before, hold) => decide(before, { command: 'hold', options: { hold } }, T0).state, state);
  expect(codeOf(() => decide(held, { command: 'hold', options: { hold: 'one-more' } }, T0))).toBe('LimitReached');
  expect(codeOf(() => decide(held, { command: 'hold', options: { hold: 'h7' } }, T0))).toBe('accepted');
});

describe('drain', () => {
  const pause = (options: object) => decide(agentIn('running', 'running'), { command: 'pause', options }, T0).state;
  test('lasts 10 minutes, or as long as asked, or not at all', () => {
    expect(pause({}).drainUntil).toBe(T0 + 600_000);
    expect(pause({ drainTimeout: '30s' }).drainUntil).toBe(T0 + 30_000);
    expect(pause({ mode: 'freeze' }).drainUntil).toBe(T0);
  });
  test('is shortened and never lengthened by a second pause', () => {
    const first = pause({ drainTimeout: '1m' });
    const again = (options: object) => decide(first, { command: 'pause', options }, T0 + 1_000).state.drainUntil;
    expect(again({ hold: 'other' })).toBe(T0 + 60_000);
    expect(again({ hold: 'other', mode: 'freeze' })).toBe(T0 + 1_000);
  });
});

test('property: holds are a set, and releasing what was added restores the holds exactly', () => {
  const names = fc.uniqueArray(fc.constantFrom('operator', 'fleet', 'budget', 'breaker'), { minLength: 0 });
  fc.assert(
    fc.property(
      names,
      names,
      fc.constantFrom<AgentStatus>('pending', 'running', 'stopped', 'failed'),
      (had, added, status) => {
        const before = agentIn(status === 'running' && had.length > 0 ? 'paused' : status, 'running', 'ready', had);
        let state = before;
        const fresh = added.filter((name) => !had.includes(name));
        for (const hold of added) state = decide(state, { command: 'hold', options: { hold } }, T0).state;
        expect(new Set(state.holds.map(({ name }) => name)).size).toBe(state.holds.length);
        for (const hold of fresh) state = decide(state, { command: 'release', options: { hold } }, T0).state;
        expect(state.holds).toEqual(before.holds);
        expect(state.status).toBe(before.status);
      },
    ),
  );
});

test('a move that the tables refuse is named with both ends, for people and for programs', () => {
  const refusals = [() => moveStatus('terminated', 'running'), () => moveRuntime('stopped', 'paused')].map(refusalOf);
  expect(refusals.map(({ message }) => message)).toEqual([
    expect.stringMatching(/status .*terminated.*running/),
    expect.stringMatching(/runtime .*stopped.*paused/),
  ]);
  expect(refusals.map(({ details }) => details)).toEqual([
    { from: 'terminated', to: 'running' },
    { from: 'stopped', to: 'paused' },
  ]);
});

test('a runtime follows its status where one of both is paused and the other runs', () => {
  const pairs = STATUSES.flatMap((status) => RUNTIMES.map((runtime) => [status, runtime] as const));
  const following = pairs.filter(([status, runtime]) => isFollowing(status, runtime));
  expect(following.map((pair) => pair.join(' ')).sort()).toEqual(['paused running', 'running paused']);
});
