/** The turns of an agent that is lost, offline, paused or restarted. */
import { nextDue } from '../../../../src/rules/agent/timers';
import { openTurns } from '../../../../src/rules/agent/turns/open';
import { SECOND, T0, agentIn } from '../agents';
import { Turns, CANCELLED, REFUSED, codes } from './turns-sim';

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
