/** Turns at an agent: admission, order, repeats, withdrawals. By table, and by a model under fast-check. */
import fc from 'fast-check';
import type { AgentState } from '../../../../src/rules/agent/state';
import { withdrawTurn } from '../../../../src/rules/agent/turns/queue';
import { SECOND, agentIn } from '../agents';
import { runs } from '../../../support/runs';
import { Turns, CANCELLED, REFUSED, codes } from './turns-sim';

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
