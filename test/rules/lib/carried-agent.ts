/** The carried state of an agent with every field set. */
import type { EventLog } from '../../../src/contract/event/log';
import { withDecision } from '../../../src/rules/agent/decisions';
import type { AgentState } from '../../../src/rules/agent/state';
import type { QueuedTurn } from '../../../src/rules/agent/turns/state';
import { turnRequest } from '../../agent/turn-request';
import { agentIn, T0 } from '../agent/agents';

export const AT = '2026-01-01T00:00:00.000Z';

export const log: EventLog = {
  first: 1,
  next: 3,
  lostAt: T0,
  entries: [{ seq: 2, at: T0, type: 'pool.available', data: { pool: 'p', fleets: ['mars'] } }],
};

const held = { pool: 'p', name: 'a', assignment: 3, secret: 'env:A' };

export const failed = {
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

/** An agent in which nothing is null. */
export function fullAgent(): AgentState {
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
