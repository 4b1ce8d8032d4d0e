/** An input and a carried state of every workflow type, with every field set. */
import { initialState } from '../../../src/rules/agent/input/initial-state';
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
import { agentInput, T0 } from '../agent/agents';
import { AT, log, failed, fullAgent } from './carried-agent';

const LEASE = { instance: 'g1', shard: 0, epoch: 1 };

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

/** The start of each type, first and carried, with everything that reads it before any other event. */
export const STARTS: Readonly<
  Record<string, { readonly input: unknown; readonly begin: (input: unknown) => unknown }>
> = {
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

export function agent(input: unknown): unknown {
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
