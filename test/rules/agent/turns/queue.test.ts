/** Turns at an agent: admission, order, limits, repeats, withdrawals, clocks. By table, and by a model under fast-check. */
import fc from 'fast-check';
import type { TurnOutcome, TurnRequested } from '../../../../src/contract/agent/turns';
import type { AgentState } from '../../../../src/rules/agent/state';
import { nextDue } from '../../../../src/rules/agent/timers';
import { type TurnAction, turnActions, withClocks } from '../../../../src/rules/agent/turns/actions';
import { type TurnEnding, turnEnded } from '../../../../src/rules/agent/turns/endings';
import { openTurns } from '../../../../src/rules/agent/turns/open';
import { requestTurn, withdrawTurn } from '../../../../src/rules/agent/turns/queue';
import { MINUTE, SECOND, T0, agentIn } from '../agents';
import { runs } from '../../../support/runs';
import { turnRequest } from '../../../support/turn-request';

function asked(turnId: string, more: Partial<TurnRequested> = {}, size = 1): TurnRequested {
  return {
    turnId,
    replyTo: `run/mars/r/${turnId}`,
    request: turnRequest(turnId, { task: 'x'.repeat(size) }),
    ...more,
  };
}

/** What the workflow does with the rules, without the workflow. */
class Turns {
  state: AgentState;
  now = T0;
  readonly log: string[] = [];
  readonly answers: Record<string, TurnOutcome[]> = {};

  constructor(state: AgentState = agentIn('running', 'running')) {
    this.state = withClocks(state, T0);
  }

  set(change: (state: AgentState) => AgentState): void {
    this.state = withClocks(change(this.state), this.now);
    const { state, actions } = turnActions(this.state, this.now, true);
    this.state = state;
    for (const action of actions) this.note(action);
  }

  ask(turnId: string, more: Partial<TurnRequested> = {}, size = 1): void {
    const { answer } = requestTurn(this.state, asked(turnId, more, size), this.now);
    this.set((state) => requestTurn(state, asked(turnId, more, size), this.now).state);
    if (answer !== null) this.answer(turnId, answer);
  }

  end(turnId: string, ending: TurnEnding = { kind: 'outcome', outcome: { reply: turnId } }): void {
    const cancelled = this.log.find((entry) => entry.startsWith(`cancel ${turnId} `))?.split(' ')[2];
    const reason = (cancelled ?? null) as Parameters<typeof turnEnded>[3];
    const { answer } = turnEnded(this.state, turnId, ending, reason, this.now);
    this.set((state) => turnEnded(state, turnId, ending, reason, this.now).state);
    if (answer !== null) this.answer(turnId, answer);
  }

  wait(ms: number): void {
    this.now += ms;
    this.set((state) => state);
  }

  get inFlight(): string[] {
    return this.state.turns.inFlight.map(({ turnId }) => turnId);
  }

  get waiting(): string[] {
    return this.state.turns.waiting.map(({ turnId }) => turnId);
  }

  private note(action: TurnAction): void {
    if (action.kind === 'answer') {
      this.answer(action.turn.turnId, action.outcome);
      return;
    }
    const entry =
      action.kind === 'cancel'
        ? `cancel ${action.turnId} ${action.reason}`
        : action.kind === 'tell'
          ? `${action.suspended ? 'suspended' : 'resumed'} ${action.turn.turnId}`
          : `start ${action.turn.turnId} #${String(action.turn.attempt)}`;
    // The workflow cancels an activity once, however often the rule says so.
    if (action.kind !== 'cancel' || !this.log.includes(entry)) this.log.push(entry);
  }

  private answer(turnId: string, outcome: TurnOutcome): void {
    (this.answers[turnId] ??= []).push(outcome);
  }
}

const CANCELLED: TurnEnding = { kind: 'error', error: { code: 'Internal', message: 'cancelled' }, cannotReach: false };
const REFUSED: TurnEnding = {
  kind: 'error',
  error: { code: 'AgentUnavailable', message: 'ECONNREFUSED' },
  cannotReach: true,
};
const codes = (outcomes: readonly TurnOutcome[] | undefined) =>
  outcomes?.map((outcome) => ('error' in outcome ? outcome.error.code : 'reply'));

describe('admission', () => {
  test('at most maxParallel at a time, the rest in order of arrival', () => {
    const turns = new Turns();
    for (const id of ['1', '2', '3', '4', '5']) turns.ask(id);
    expect([turns.inFlight, turns.waiting]).toEqual([
      ['1', '2', '3'],
      ['4', '5'],
    ]);
    turns.end('2');
    expect([turns.inFlight, turns.waiting]).toEqual([['1', '3', '4'], ['5']]);
  });

  test('a queue that is full says AgentBusy, by number and by bytes', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel: 1, queue: 2 } }));
    for (const id of ['1', '2', '3', '4']) turns.ask(id);
    expect([turns.inFlight, turns.waiting, codes(turns.answers['4'])]).toEqual([['1'], ['2', '3'], ['AgentBusy']]);
    const large = new Turns(agentIn('paused', 'paused'));
    for (const id of ['1', '2', '3']) large.ask(id, {}, 400 * 1024);
    expect([large.waiting, codes(large.answers['3'])]).toEqual([['1', '2'], ['AgentBusy']]);
  });

  test('a request beyond 512 KiB is LimitReached', () => {
    const turns = new Turns();
    turns.ask('1', {}, 512 * 1024);
    expect(codes(turns.answers['1'])).toEqual(['LimitReached']);
  });

  test.each([
    ['stopped', 'stopped', 'TurnRejected'],
    ['terminated', 'stopped', 'TurnRejected'],
    ['failed', 'crashed', 'AgentUnavailable'],
  ] as const)('a %s agent refuses at once', (status, runtime, code) => {
    const turns = new Turns(agentIn(status, runtime));
    turns.ask('1');
    expect(codes(turns.answers['1'])).toEqual([code]);
  });

  test('a repeat is ignored while the turn is known, and answered again when it is over', () => {
    const turns = new Turns();
    turns.ask('1');
    turns.ask('1');
    expect(turns.log).toEqual(['start 1 #1']);
    turns.end('1');
    turns.ask('1');
    expect([turns.log, codes(turns.answers['1'])]).toEqual([['start 1 #1'], ['reply', 'reply']]);
  });

  test('a withdrawal before its turn leaves a tombstone', () => {
    const turns = new Turns();
    turns.set((state) => withdrawTurn(state, '1'));
    turns.ask('1');
    expect([turns.inFlight, turns.waiting]).toEqual([[], []]);
    // Its branch has gone on; the same branch after a reset would wait for ever.
    expect(turns.answers).toEqual({
      1: [{ error: { code: 'TurnRejected', message: 'turn 1 was withdrawn earlier' } }],
    });
  });

  test('a withdrawal in flight cancels, frees the slot at its end and answers nothing', () => {
    const turns = new Turns();
    turns.ask('1');
    turns.set((state) => withdrawTurn(state, '1'));
    turns.end('1', CANCELLED);
    expect([turns.log, turns.inFlight, turns.answers]).toEqual([['start 1 #1', 'cancel 1 withdrawn'], [], {}]);
  });

  test('remembered answers are bounded by number and by bytes', () => {
    const turns = new Turns();
    for (let index = 0; index < 250; index += 1) {
      turns.ask(String(index));
      turns.end(String(index));
    }
    expect(turns.state.turns.answered).toHaveLength(200);
    turns.ask('large');
    turns.end('large', { kind: 'outcome', outcome: { reply: 'x'.repeat(300 * 1024) } });
    expect(turns.state.turns.answered.map(({ turnId }) => turnId)).toEqual(['large']);
  });
});

describe('limits', () => {
  test('a turn is cancelled at its limit, and time spent paused does not count', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { timeout: '60s' } }));
    turns.ask('1');
    turns.wait(40 * SECOND);
    turns.set((state) => ({ ...state, status: 'paused', runtime: 'paused' }));
    turns.wait(60 * MINUTE);
    turns.set((state) => ({ ...state, status: 'running', runtime: 'running' }));
    turns.wait(19 * SECOND);
    expect(turns.log).toEqual(['start 1 #1', 'suspended 1', 'resumed 1']);
    expect(nextDue(turns.state, turns.now)).toBe(turns.now + SECOND);
    turns.wait(SECOND);
    turns.end('1', CANCELLED);
    expect(turns.log.at(-1)).toBe('cancel 1 timeout');
    expect(codes(turns.answers['1'])).toEqual(['Timeout']);
  });

  test("a branch's own limit goes before the agent's", () => {
    const turns = new Turns();
    turns.ask('1', { timeoutMs: 5 * SECOND });
    turns.wait(5 * SECOND);
    expect(turns.log.at(-1)).toBe('cancel 1 timeout');
  });

  test('a reply that came in spite of the cancellation is the answer', () => {
    const turns = new Turns();
    turns.ask('1', { timeoutMs: SECOND });
    turns.wait(SECOND);
    turns.end('1');
    expect(turns.answers['1']).toEqual([{ reply: '1' }]);
  });

  test('an offline agent keeps its turns for unavailableTimeout, pauses apart', () => {
    const turns = new Turns(agentIn('running', 'running', 'offline'));
    turns.ask('1');
    turns.wait(90 * SECOND);
    turns.set((state) => ({ ...state, status: 'paused', runtime: 'paused' }));
    turns.wait(60 * MINUTE);
    turns.set((state) => ({ ...state, status: 'running', runtime: 'running' }));
    turns.wait(29 * SECOND);
    expect(turns.answers).toEqual({});
    turns.wait(SECOND);
    expect(codes(turns.answers['1'])).toEqual(['AgentUnavailable']);
  });

  test('being busy does not count as unavailable: a turn in the queue waits as long as it takes', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel: 1, timeout: '1h' } }));
    turns.ask('1');
    turns.ask('2');
    turns.wait(30 * MINUTE);
    expect([turns.waiting, turns.answers]).toEqual([['2'], {}]);
  });
});

describe('a lost agent', () => {
  test('its turns go back to the head of the queue and are asked again, with their time used', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel: 1, timeout: '60s' } }));
    turns.ask('1');
    turns.ask('2');
    turns.wait(50 * SECOND);
    turns.set((state) => ({ ...state, runtime: 'crashed', liveness: 'offline' }));
    turns.end('1', CANCELLED);
    expect(turns.waiting).toEqual(['1', '2']);
    turns.set((state) => ({ ...state, runtime: 'running', liveness: 'ready' }));
    expect(turns.log.at(-1)).toBe('start 1 #2');
    expect(nextDue(turns.state, turns.now)).toBe(turns.now + 10 * SECOND);
  });

  test.each([
    ['an answer', { why: 'answered 503 (busy)' }, 'AgentUnavailable', 'mars/A answered 503 (busy) for 5 s'],
    [
      'no answer',
      { why: 'cannot be reached: ECONNREFUSED' },
      'AgentUnavailable',
      'mars/A cannot be reached: ECONNREFUSED for 5 s',
    ],
    ['a lost call', undefined, 'Timeout', 'mars/A did not finish the call (no heartbeat) for 5 s'],
  ] as const)('the known reason is told: %s', (_, details, code, message) => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { unavailableTimeout: '5s' } }));
    turns.ask('1');
    const error = { code, message: 'no heartbeat', ...(details === undefined ? {} : { details }) };
    turns.end('1', { kind: 'error', error, cannotReach: true });
    const [open] = openTurns(turns.state);
    expect(open).toMatchObject({ state: 'queued', attempt: 1, startedAt: null, before: 0 });
    expect(open?.error).toBe(message.slice('mars/A '.length, -' for 5 s'.length));
    expect(open?.askAgainAt).toBe(new Date(T0 + SECOND).toISOString());
    for (let tries = 0; turns.answers['1'] === undefined && tries < 20; tries += 1) {
      turns.wait(SECOND);
      if (turns.inFlight.includes('1')) turns.end('1', { kind: 'error', error, cannotReach: true });
    }
    expect(turns.answers['1']).toEqual([{ error: { code: 'AgentUnavailable', message } }]);
  });

  test.each([
    ['no endpoint', { endpoint: null }, 'ready', 'mars/A has announced no endpoint in its beats for 5 s'],
    ['no beat', { lastProofAt: null }, 'offline', 'mars/A has sent no beat for 5 s'],
    ['silence', {}, 'offline', 'mars/A is offline, its last proof was at 2026-03-01 12:00:00 UTC, for 5 s'],
    ['no readiness', {}, 'starting', 'mars/A has sent no beat with status ready for 5 s'],
  ] as const)('an agent that takes no turns is told why: %s', (_, instance, liveness, message) => {
    const state = agentIn('running', 'running', liveness, [], { turns: { unavailableTimeout: '5s' } });
    const turns = new Turns({ ...state, instance: { ...state.instance, ...instance } });
    turns.ask('1');
    turns.wait(5 * SECOND);
    expect(turns.answers['1']).toEqual([{ error: { code: 'AgentUnavailable', message } }]);
  });

  test('open turns: in flight before the queue, each with its place', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel: 1 } }));
    for (const id of ['1', '2', '3']) turns.ask(id);
    expect(
      openTurns(turns.state).map(({ turnId, state, before, attempt }) => [turnId, state, before, attempt]),
    ).toEqual([
      ['1', 'in_flight', 0, 1],
      ['2', 'queued', 1, 0],
      ['3', 'queued', 2, 0],
    ]);
    for (let id = 4; id < 90; id += 1) turns.ask(String(id));
    expect(openTurns(turns.state)).toHaveLength(50);
  });

  test('a refused connection is tried again later, at most for unavailableTimeout', () => {
    const turns = new Turns();
    turns.ask('1');
    turns.end('1', REFUSED);
    expect([turns.waiting, turns.state.probeAt]).toEqual([['1'], turns.now]);
    turns.wait(SECOND);
    expect(turns.log.at(-1)).toBe('start 1 #2');
    let tries = 2;
    for (; turns.answers['1'] === undefined && tries < 100; tries += 1) {
      if (turns.inFlight.includes('1')) turns.end('1', REFUSED);
      turns.wait(15 * SECOND);
    }
    expect(codes(turns.answers['1'])).toEqual(['AgentUnavailable']);
    expect(turns.now - T0).toBeLessThanOrEqual(150 * SECOND);
  });

  test('a stop answers what waits at once, and what was in flight when the process is gone', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel: 1 } }));
    turns.ask('1');
    turns.ask('2');
    turns.set((state) => ({ ...state, status: 'stopped', runtime: 'stopping' }));
    expect([codes(turns.answers['1']), codes(turns.answers['2'])]).toEqual([undefined, ['TurnRejected']]);
    turns.set((state) => ({ ...state, runtime: 'stopped' }));
    turns.end('1', CANCELLED);
    expect(codes(turns.answers['1'])).toEqual(['TurnRejected']);
  });
});

describe('notices', () => {
  test('a waiting turn is suspended with the status, one in flight with the process', () => {
    const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel: 1 } }));
    turns.ask('1');
    turns.ask('2');
    turns.set((state) => ({ ...state, status: 'paused' }));
    turns.set((state) => ({ ...state, runtime: 'paused' }));
    turns.ask('3');
    turns.set((state) => ({ ...state, status: 'running', runtime: 'running' }));
    expect(turns.log).toEqual([
      'start 1 #1',
      'suspended 2',
      'suspended 1',
      'suspended 3',
      'resumed 2',
      'resumed 3',
      'resumed 1',
    ]);
  });
});

test('property: every turn asked for is answered exactly once unless withdrawn, with at most maxParallel in flight', () => {
  const id = fc.integer({ min: 0, max: 12 }).map(String);
  type Step = readonly [string, string, number];
  const kinds = [
    'ask',
    'ask',
    'end',
    'refuse',
    'withdraw',
    'pause',
    'resume',
    'crash',
    'wake',
    'offline',
    'ready',
    'wait',
  ];
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.tuple(fc.constantFrom(...kinds), id, fc.integer({ min: 1, max: 30_000 })),
    { maxLength: 80 },
  );
  const patches: Readonly<Record<string, Partial<AgentState>>> = {
    pause: { status: 'paused', runtime: 'paused' },
    resume: { status: 'running', runtime: 'running' },
    crash: { runtime: 'crashed', liveness: 'offline' },
    wake: { status: 'running', runtime: 'running', liveness: 'ready' },
    offline: { liveness: 'offline' },
    ready: { liveness: 'ready' },
  };
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 3 }), (sequence, maxParallel) => {
      const turns = new Turns(agentIn('running', 'running', 'ready', [], { turns: { maxParallel } }));
      const askedFor = new Set<string>();
      const withdrawn = new Set<string>();
      const endAll = () => {
        for (const turn of turns.inFlight)
          if (turns.log.some((entry) => entry.startsWith(`cancel ${turn} `))) turns.end(turn, CANCELLED);
      };
      for (const [kind, turn, ms] of sequence) {
        if (kind === 'ask' && !askedFor.has(turn)) {
          askedFor.add(turn);
          turns.ask(turn);
        } else if (kind === 'withdraw') {
          withdrawn.add(turn);
          turns.set((state) => withdrawTurn(state, turn));
        } else if ((kind === 'end' || kind === 'refuse') && turns.inFlight.includes(turn)) {
          turns.end(turn, kind === 'end' ? { kind: 'outcome', outcome: { reply: turn } } : REFUSED);
        } else if (kind === 'wait') turns.wait(ms);
        else if (patches[kind] !== undefined) turns.set((state) => ({ ...state, ...patches[kind] }));
        expect(turns.inFlight.length).toBeLessThanOrEqual(maxParallel);
        endAll();
        // A cancellation belongs to one attempt.
        for (let index = turns.log.length - 1; index >= 0; index -= 1) {
          const turnOf = turns.log[index]?.split(' ') ?? [];
          if (turnOf[0] === 'cancel' && !turns.inFlight.includes(turnOf[1] ?? '')) turns.log.splice(index, 1);
        }
      }
      turns.set((state) => ({ ...state, ...patches['wake'] }));
      for (let round = 0; round < 400 && turns.inFlight.length + turns.waiting.length > 0; round += 1) {
        const [first] = turns.inFlight;
        if (first === undefined) turns.wait(SECOND);
        else turns.end(first);
      }
      for (const turn of askedFor) {
        const count = turns.answers[turn]?.length ?? 0;
        if (withdrawn.has(turn)) expect(count).toBeLessThanOrEqual(1);
        else expect([turn, count]).toEqual([turn, 1]);
      }
    }),
    { numRuns: runs(500) },
  );
});
