/** Time in which no worker ran an agent's workflow counts against no turn. */
import { step } from '../../../../src/rules/agent/step';
import type { AgentState } from '../../../../src/rules/agent/state';
import { nextDue } from '../../../../src/rules/agent/timers';
import { turnActions } from '../../../../src/rules/agent/turns/actions';
import { SERVED_AGAIN_MS } from '../../../../src/rules/agent/turns/lateness';
import { beginTurn, requestTurn } from '../../../../src/rules/agent/turns/queue';
import { requeueTurn } from '../../../../src/rules/agent/turns/repeat';
import { MINUTE, SECOND, T0, agentIn } from '../agents';
import { turnRequest } from '../../../support/turn-request';

const asked = { turnId: '1', replyTo: 'run/mars/r/1', request: turnRequest('1') };

/** An agent that got a turn at `T0`. */
function working(timeout: `${number}s`, more: Partial<AgentState> = {}): AgentState {
  const agent = { ...agentIn('running', 'running', 'ready', [], { turns: { timeout } }), ...more };
  const requested = step(agent, (state) => requestTurn(state, asked, T0).state, T0);
  return step(requested, (state) => beginTurn(state, '1', T0), T0);
}

/** The workflow's look at the clock. */
function looked(state: AgentState, now: number): { readonly state: AgentState; readonly cancelled: boolean } {
  const acted = turnActions(
    step(state, (same) => same, now),
    now,
    true,
  );
  return { state: acted.state, cancelled: acted.actions.some(({ kind }) => kind === 'cancel') };
}

const leftMs = (state: AgentState, now: number): number => (nextDue(onlyTurns(state), now) ?? NaN) - now;
/** Without the deadlines of liveness and probes. */
const onlyTurns = (state: AgentState): AgentState => ({
  ...state,
  runningSince: null,
  probeAt: null,
  liveness: 'offline',
});

test.each<[string, `${number}s`, number, boolean]>([
  ['a second late, as on a busy machine', '20s', 21 * SECOND, true],
  ['in time', '20s', 20 * SECOND, true],
  ['before it', '20s', 19 * SECOND, false],
  ['after ten minutes away', '20s', 10 * MINUTE, false],
  ['after ten minutes away, with a longer limit', '120s', 10 * MINUTE, false],
])('a limit that is looked at %s', (_what, timeout, afterMs, cancelled) => {
  expect(looked(working(timeout), T0 + afterMs).cancelled).toBe(cancelled);
});

test('the turn keeps what it has not used, counted from the last sign of a worker, and half a minute at least', () => {
  const now = T0 + 10 * MINUTE;
  // The limit of two minutes; the agent beat last after 25 s.
  const agent = working('120s');
  const beaten = { ...agent, instance: { ...agent.instance, lastBeatAt: T0 + 25 * SECOND } };
  expect(leftMs(looked(beaten, now).state, now)).toBe(95 * SECOND);
  expect(leftMs(looked(working('20s'), now).state, now)).toBe(SERVED_AGAIN_MS);
});

test('a turn that takes longer still is over its limit then, once, however late its end is', () => {
  const now = T0 + 10 * MINUTE;
  const again = looked(working('20s'), now).state;
  const over = looked(again, now + SERVED_AGAIN_MS);
  expect(over.cancelled).toBe(true);
  const later = looked(over.state, now + SERVED_AGAIN_MS + MINUTE);
  expect(later.cancelled).toBe(true);
  expect(later.state.turns).toEqual(over.state.turns);
});

test('a worker that is away twice is excused twice', () => {
  const first = looked(working('20s'), T0 + 10 * MINUTE).state;
  const second = looked(first, T0 + 30 * MINUTE);
  expect(second.cancelled).toBe(false);
  expect(leftMs(second.state, T0 + 30 * MINUTE)).toBe(SERVED_AGAIN_MS);
});

test('a turn that was lost with its agent is asked again with its time, not with none', () => {
  const now = T0 + 10 * MINUTE;
  const lost = step(working('120s'), (state) => requeueTurn(state, '1', now), now);
  const [turn] = lost.turns.waiting;
  expect(turn?.used).toBeLessThanOrEqual(90 * SECOND);
  expect(turn?.used).toBeGreaterThanOrEqual(0);
  const short = step(working('20s'), (state) => requeueTurn(state, '1', now), now);
  expect(short.turns.waiting[0]?.used).toBe(0);
});

test('a turn that waits for an agent waits from the return of the worker on', () => {
  const agent = agentIn('running', 'running', 'offline');
  const waiting = step(agent, (state) => requestTurn(state, asked, T0).state, T0);
  const back = T0 + 30 * MINUTE;
  const { state, actions } = turnActions(
    step(waiting, (same) => same, back),
    back,
    true,
  );
  expect(actions).toEqual([]);
  const late = back + 2 * MINUTE;
  expect(
    turnActions(
      step(state, (same) => same, late),
      late,
      true,
    ).actions,
  ).toMatchObject([{ kind: 'answer' }]);
});

test('time paused is excused as before, and is not late', () => {
  const paused = step(working('60s'), (state) => ({ ...state, status: 'paused', runtime: 'paused' }), T0 + 40 * SECOND);
  const resumed = step(paused, (state) => ({ ...state, status: 'running', runtime: 'running' }), T0 + 60 * MINUTE);
  expect(looked(resumed, T0 + 60 * MINUTE + 19 * SECOND).cancelled).toBe(false);
  expect(looked(resumed, T0 + 60 * MINUTE + 20 * SECOND).cancelled).toBe(true);
});
