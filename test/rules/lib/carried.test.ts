/** Malformed starts: any input or carried state is read, or refused with `InvalidRequest` and its path. */
import fc from 'fast-check';
import { DroverError } from '../../../src/contract/errors';
import type { EventLog } from '../../../src/contract/event/log';
import { withDecision } from '../../../src/rules/agent/decisions';
import { initialState } from '../../../src/rules/agent/input/initial-state';
import type { AgentState } from '../../../src/rules/agent/state';
import type { QueuedTurn } from '../../../src/rules/agent/turns/state';
import { step } from '../../../src/rules/agent/step';
import { agentView } from '../../../src/rules/agent/view';
import { provisionInput } from '../../../src/rules/change/carried';
import { beginChange } from '../../../src/rules/change/run';
import { changeView } from '../../../src/rules/change/view';
import { parseNotifyInput } from '../../../src/rules/events/messages';
import { decideApply } from '../../../src/rules/fleet/change';
import { placeChange } from '../../../src/rules/fleet/settle';
import { initialFleet } from '../../../src/rules/fleet/input';
import { newFleet } from '../../../src/rules/fleet/state';
import { holdFleet } from '../../../src/rules/fleet/hold-rounds';
import { fleetView } from '../../../src/rules/fleet/view';
import { undoByKeys } from '../../../src/rules/fleet/undo';
import { initialLease } from '../../../src/rules/lease/carried';
import { type LeaseState, leaseView, newLease, renewed, timePassed } from '../../../src/rules/lease/state';
import { initialPool } from '../../../src/rules/pool/carried';
import { serveWaiting } from '../../../src/rules/pool/pool';
import { newPool, type PoolState, poolView } from '../../../src/rules/pool/state';
import { parseBranchInput } from '../../../src/rules/run/branch-input';
import { parseRunStart } from '../../../src/rules/run/scenario';
import { mustCompile } from '../../../src/rules/topology/compile';
import { beginBranch, type BranchContext } from '../../../src/rules/coordination/state';
import { turnRequest } from '../../agent/turn-request';
import { runs } from '../../support/runs';
import { agentInput, agentIn, T0 } from '../agent/agents';

const AT = '2026-01-01T00:00:00.000Z';
const log: EventLog = {
  first: 1,
  next: 3,
  lostAt: T0,
  entries: [{ seq: 2, at: T0, type: 'pool.available', data: { pool: 'p', fleets: ['mars'] } }],
};
const held = { pool: 'p', name: 'a', assignment: 3, secret: 'env:A' };
const failed = {
  credential: 'a',
  kind: 'rate_limit',
  at: AT,
  resetAt: AT,
  agent: 'mars/A',
  count: 2,
  reported: true,
} as const;

const turn: QueuedTurn = {
  turnId: 'r/0/1',
  replyTo: 'run/mars/r/0',
  request: turnRequest({
    turnId: 'r/0/1',
    input: { kind: 'results', results: [{ from: 'B', branch: '0.1', value: [1] }], failures: [] },
  }),
  timeoutMs: 5,
  bytes: 100,
  attempt: 1,
  waitingFrom: 3,
  used: 4,
  startedAt: 5,
  notBefore: T0,
  refusedFrom: 6,
  suspended: false,
  on: { name: 'a', assignment: 3 },
  askedAnew: true,
  repeats: 1,
  crashes: 1,
  askedOf: 'A-1',
  broke: true,
  arrivedAt: T0,
  begunAt: T0,
  lastError: 'answered 503 (busy)',
};

const holders = [
  { lease: 'lease/g1/0/1', n: 3, says: 'vouches' },
  { lease: 'lease/g2/0/4', n: 7, says: 'lost' },
] as const;
const LEASE = { instance: 'g1', shard: 0, epoch: 1 };

/** An agent in which nothing is null. */
function fullAgent(): AgentState {
  const state = agentIn('paused', 'paused', 'ready', ['operator', 'fleet'], {
    subscription: { pool: 'p' },
    notify: [{ url: 'http://h/' }],
  });
  const { status, runtime, liveness, holds } = state;
  return {
    ...state,
    heldBefore: holds,
    instance: { ...state.instance, lastSeq: 4, pid: 5, viaGateway: true, endReported: true, holders },
    runningSince: T0,
    silenceFrom: T0,
    gatewayAskedFor: T0,
    unheardFrom: T0,
    effect: 'wake',
    drainUntil: T0,
    restarting: 'stop',
    stopGraceMs: 10,
    restartAt: T0,
    crashes: [T0],
    retryAt: T0,
    retries: 1,
    probeAt: T0,
    probes: 2,
    settled: { outcome: 'failed', error: 'no' },
    reportedTo: 'provision/mars/1@1',
    reason: 'why',
    subscription: held,
    switches: {
      switching: {
        pool: 'p',
        requestId: 'r',
        kind: 'rate_limit',
        step: 'draining',
        from: held,
        to: held,
        askAt: T0,
        eventsInWindow: 1,
        drainUntil: T0,
        apply: 'hot',
        failed,
        again: 'auth',
        lost: 1,
        newer: { requestId: 'r', credential: 'b', assignment: 4, secret: 'env:B', eventsInWindow: 0 },
      },
      asked: 1,
      highest: 3,
      failedAt: T0,
      ended: [
        {
          what: 'switch',
          why: 'so',
          accepted: true,
          record: {
            agent: 'mars/A',
            pool: 'p',
            from: 'a',
            to: 'b',
            kind: 'moved',
            eventsInWindow: 1,
            result: 'failed',
            error: 'x',
          },
          rejected: { pool: 'p', requestId: 'r' },
        },
      ],
      knownTo: 'p',
    },
    announced: 'ready',
    turns: {
      waiting: [turn],
      inFlight: [turn],
      answered: [
        { turnId: 't', outcome: { reply: { action: 'final' } }, bytes: 5 },
        { turnId: 'u', outcome: { error: { code: 'TurnRejected', message: 'no' } }, bytes: 5 },
      ],
      withdrawn: ['v'],
      working: { total: 5, since: T0 },
      unavailable: { total: 5, since: null },
    },
    requests: [
      {
        requestId: 'q',
        fingerprint: 'f',
        op: 1,
        changed: true,
        answer: { state: 'done', status, runtime, liveness, holds },
        error: null,
        bytes: 9,
      },
      {
        requestId: 's',
        fingerprint: 'f',
        op: 2,
        changed: true,
        answer: null,
        error: { code: 'Timeout', message: 'late', details: { a: 1 } },
        bytes: 9,
      },
    ],
    log: withDecision(state, { ...state, log }, { by: 'x', what: 'pause', why: 'c' }, T0).log,
    continueAfterEvents: 100,
  };
}

function fullPool(): PoolState {
  return {
    ...newPool(
      'p',
      {
        credentials: [
          { name: 'a', secret: 'env:A' },
          { name: 'b', secret: 'env:B' },
        ],
        skipFor: '1h',
        fleet: 'mars',
        notify: [{ url: 'http://h/' }],
      },
      100,
    ),
    assigned: {
      'mars/A': { credential: 'a', assignment: 1, requestId: 'r', previous: { credential: 'b', assignment: 0 } },
    },
    rejected: { 'mars/A': { b: T0 } },
    waiting: [{ requestId: 'r', agent: 'mars/A', not: 'a', above: 1, failed }],
    events: [{ credential: 'a', at: T0, resetAt: T0, coolMs: 30_000, saidBy: 'mars/A' }],
    granted: [
      {
        agent: 'mars/A',
        grant: { requestId: 'r', credential: 'a', assignment: 1, secret: 'env:A', eventsInWindow: 0 },
      },
      { agent: 'mars/B', grant: { requestId: 'r', exhaustedUntil: AT } },
    ],
    requests: [{ requestId: 'r', fingerprint: 'f' }],
    log,
  };
}

const PLACE = { installation: 'inst', host: 'here' };
const SPEC = {
  provisioning: { maxConcurrent: 2, timeout: '1m' },
  agents: [
    { name: 'A', provider: 'memory' as const },
    { name: 'B', provider: 'memory' as const },
  ],
  subscriptions: [{ pool: 'p', credentials: [{ name: 'a', secret: 'env:A' }] }],
  topology: { flows: ['Start -> A', 'A -> B', 'B -> End'] },
};
const placed = placeChange(
  decideApply(newFleet({ v: 1, fleet: 'mars' }, 'inc'), { spec: SPEC, requestId: 'r' }).state,
  PLACE,
);
const fleet = {
  ...holdFleet(undoByKeys(placed, 'terminated', AT), 'why', AT),
  log,
  untold: [{ agent: 'A', why: null }],
};

const topology = mustCompile(
  { flows: ['Start -> A', 'A -> B', 'B -> End'], rules: ['max_turns(A <-> B, 3)'] },
  'InvalidFleet',
);
const context: BranchContext = {
  v: 1,
  fleet: 'mars',
  run: 'r',
  branch: '0',
  parent: null,
  agent: 'A',
  task: { a: [1] },
  input: { kind: 'task', value: 1 },
  topology,
  counts: { steps: 1, handOvers: [0] },
  turnsLeft: 5,
  waiting: ['B'],
  outside: ['B'],
};
const branch = {
  ...beginBranch(context),
  memory: [{ agent: 'A', input: context.input, reply: { action: 'final' }, bytes: 3 }],
  passedUp: [{ to: 'End', from: 'A', branch: '0', value: 1, counts: context.counts }],
  branches: [{ id: '0.1', parent: '0', agents: ['B'], turns: 1, outcome: 'failed', error: 'x' }],
  barriers: [
    { branch: '0', agent: 'A', arrived: ['B'], failed: [{ from: 'B', branch: '0.1', error: 'x' }], outcome: 'fired' },
  ],
  undos: [{ turnId: 't', agent: 'A', undo: { a: 1 }, at: T0 }],
};
const options = { scripted: false, trace: true, continueAfterEvents: 10, mostEvents: null };

/** A lease in which nothing is null. */
const fullLease: LeaseState = {
  ...newLease({ v: 1, ...LEASE, continueAfterEvents: 7 }, T0),
  n: 3,
  agents: ['mars/A', 'mars/B'],
  ends: 'its gateway has not renewed it',
};

/** What each type begins with, first and carried, and all that looks at it before anything else happens. */
const STARTS: Readonly<Record<string, { readonly input: unknown; readonly begin: (input: unknown) => unknown }>> = {
  'a new agent': { input: agentInput({ subscription: { pool: 'p' } }, { holds: fullAgent().holds }), begin: agent },
  'an agent': { input: { v: 1, state: fullAgent() }, begin: agent },
  'a new pool': {
    input: { v: 1, pool: 'p', ...fullPool().config, fleet: 'mars', notify: [{ url: 'http://h/' }] },
    begin: pool,
  },
  'a pool': { input: { v: 1, state: fullPool() }, begin: pool },
  'a new lease': {
    input: { v: 1, ...LEASE, continueAfterEvents: 5 },
    begin: lease,
  },
  'a lease': { input: { v: 1, state: fullLease }, begin: lease },
  'a new fleet': { input: { v: 1, fleet: 'mars', continueAfterEvents: 5, agentsPerPart: 2 }, begin: ofFleet },
  'a fleet': { input: { v: 1, state: placed }, begin: ofFleet },
  'a fleet that undoes': { input: { v: 1, state: fleet }, begin: ofFleet },
  'a change': {
    input: placed.change?.input,
    begin: (input) => changeView(beginChange(provisionInput(input, 'input'), AT)),
  },
  'an undo': {
    input: fleet.change?.input,
    begin: (input) => changeView(beginChange(provisionInput(input, 'input'), AT)),
  },
  'a run': {
    input: {
      v: 1,
      fleet: 'mars',
      run: 'r',
      task: 1,
      topology: SPEC.topology,
      script: { A: [{ action: 'final' }] },
      notify: [{ url: 'http://h/' }],
    },
    begin: (input) => parseRunStart(input, 'input'),
  },
  'a new branch': {
    input: { v: 1, options, paused: false, context },
    begin: (input) => parseBranchInput(input, 'input'),
  },
  'a branch': {
    input: {
      v: 1,
      options,
      paused: true,
      carried: {
        state: branch,
        startedAt: AT,
        times: [{ id: '0', startedAt: AT, endedAt: AT }],
        trace: [{ turnId: 't', branch: '0', agent: 'A', input: context.input, reply: 1, at: T0 }],
      },
    },
    begin: (input) => parseBranchInput(input, 'input'),
  },
  'a notification': {
    input: {
      v: 1,
      event: { id: 'e', type: 'agent.ready', at: AT, data: { a: 1 } },
      target: { url: 'http://h/', secret: 'env:S', events: ['agent.ready'] },
    },
    begin: (input) => parseNotifyInput(input, 'input'),
  },
};

function agent(input: unknown): unknown {
  const state = initialState(input);
  return [agentView(state), step(state, (now) => now, T0 + 60_000)];
}

function pool(input: unknown): unknown {
  const state = initialPool(input);
  return [poolView(state, T0), serveWaiting(state, T0)];
}

function lease(input: unknown): unknown {
  const state = initialLease(input, T0);
  const next = renewed(state, { epoch: 1, n: 9, joined: ['mars/C'], left: ['mars/A'], size: 2 }, T0);
  return [leaseView(next), timePassed(next, T0 + 1e6)];
}

function ofFleet(input: unknown): unknown {
  return fleetView(initialFleet(input, 'inc'));
}

/** Every place of a value, as a path of keys. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

/** A copy with another value at a place; undefined: without it. */
function withAt(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const entries = copy as Record<string, unknown>;
  if (rest.length === 0 && other === undefined && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (rest.length === 0 && other === undefined) delete entries[key];
  else entries[key] = withAt(entries[key], rest, other);
  return copy;
}

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
const garbage = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    0,
    -1,
    1.5,
    2 ** 60,
    1e308,
    -1e308,
    '',
    'x',
    '\ud800',
    true,
    false,
    [],
    {},
    [null],
    [[]],
  ),
  fc.constantFrom<unknown>(
    { toString: 1 },
    { constructor: 1, toJSON: 1, hasOwnProperty: 1 },
    JSON.parse('{"__proto__": {"a": 1}}'),
    deep(5_000),
    {
      name: 'x',
    },
  ),
  fc.string(),
  fc.jsonValue(),
);

/** Null if it is taken. */
function refusal(begin: (input: unknown) => unknown, input: unknown): DroverError | null {
  try {
    // What begins is carried on: it can be written.
    JSON.stringify(begin(input));
    return null;
  } catch (error) {
    if (error instanceof DroverError) return error;
    throw error;
  }
}

describe.each(Object.entries(STARTS))('%s', (_, { input, begin }) => {
  const valid: unknown = JSON.parse(JSON.stringify(input));
  const places = placesOf(valid);

  test('begins as it is', () => {
    expect(refusal(begin, valid)).toBeNull();
  });

  test('with anything at any place begins, or is refused with the path', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), garbage, (place, other) => {
        const error = refusal(begin, withAt(valid, place, other));
        if (error === null) return;
        expect(error.code).toBe('InvalidRequest');
        expect(error.message).toMatch(/^input/u);
        expect(error.details).toHaveProperty('path');
      }),
      { numRuns: runs(600) },
    );
  });

  test('without any one of its parts, or with null there, likewise', () => {
    for (const place of places) {
      for (const other of [undefined, null]) {
        const error = refusal(begin, withAt(valid, place, other));
        if (error !== null)
          expect([place, error.code, error.message.slice(0, 5)]).toEqual([place, 'InvalidRequest', 'input']);
      }
    }
  });

  test('of any other shape is refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(garbage, fc.record({ v: fc.constant(1), state: garbage }), fc.record({ state: garbage })),
        (other) => {
          expect(refusal(begin, other)?.code).toBe('InvalidRequest');
        },
      ),
      { numRuns: runs(200) },
    );
  });
});

test('a state keeps what a later version has added to it', () => {
  const state = { ...fullAgent(), later: { any: ['thing'] }, instance: { ...fullAgent().instance, more: 1 } };
  expect(initialState(JSON.parse(JSON.stringify({ v: 1, state })))).toEqual(state);
});

test('an agent of more holds than it has room for is refused', () => {
  const hold = (index: number) => ({ name: `h${String(index)}`, reason: null, since: AT });
  const holds = (count: number) => ({
    ...agentInput(),
    holds: Array.from({ length: count }, (_, index) => hold(index)),
  });
  expect(refusal(agent, holds(36))).toBeNull();
  expect(refusal(agent, holds(37))).toMatchObject({
    code: 'InvalidRequest',
    message: 'input.holds: more than 36 items; input takes {v: 1, fleet, agent, spec?, holds?}',
  });
});
