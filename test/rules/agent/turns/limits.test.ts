/** The limits of turns, on clocks that stop with the agent. */
import { nextDue } from '../../../../src/rules/agent/timers';
import { MINUTE, SECOND, agentIn } from '../agents';
import { Turns, CANCELLED, codes } from './turns-sim';

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
