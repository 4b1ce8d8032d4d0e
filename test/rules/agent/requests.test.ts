/** Remembered requests: by id, by number and by bytes. */
import fc from 'fast-check';
import type { AgentState } from '../../../src/rules/agent/state';
import { markOf } from '../../../src/rules/lib/fingerprint';
import { rememberAnswer, recall, remember } from '../../../src/rules/agent/commands/requests';
import { agentIn, fresh } from './agents';
import { runs } from '../../support/runs';

describe('remembered requests', () => {
  test('are answered as at first, with the state of then', () => {
    let state = remember(agentIn('paused', 'paused'), markOf('pause', { requestId: 'r1' }), true);
    state = rememberAnswer(state, 'r1', 'done');
    const later: AgentState = { ...state, status: 'running', runtime: 'running', holds: [] };
    expect(recall(later, markOf('pause', { requestId: 'r1' }))).toMatchObject({
      changed: true,
      answer: { state: 'done', status: 'paused', holds: [{ name: 'operator' }] },
    });
    expect([recall(later, markOf('pause', { requestId: 'r2' })), recall(later, undefined)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('property: exactly the last 1,000 are kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_500 }), (count) => {
        let state = fresh();
        for (let index = 0; index < count; index += 1)
          state = remember(state, markOf('pause', { requestId: `r${String(index)}` }), true);
        const kept = state.requests.map(({ requestId }) => requestId);
        expect(kept).toHaveLength(Math.min(count, 1_000));
        expect(kept.at(-1)).toBe(`r${String(count - 1)}`);
        expect(kept[0]).toBe(`r${String(Math.max(0, count - 1_000))}`);
      }),
      { numRuns: runs(10) },
    );
  });
});

test('remembered requests with long reasons are bounded by bytes too, the newest kept', () => {
  let state = agentIn('paused', 'paused');
  state = { ...state, holds: [{ name: 'operator', reason: 'x'.repeat(2_000), since: '2026-03-01T12:00:00.000Z' }] };
  for (let index = 0; index < 500; index += 1) {
    const requestId = `r${String(index)}`;
    state = rememberAnswer(remember(state, markOf('pause', { requestId }), true), requestId, 'done');
  }
  expect(JSON.stringify(state.requests).length).toBeLessThan(400 * 1024);
  expect(state.requests.length).toBeGreaterThan(100);
  expect(state.requests.at(-1)?.requestId).toBe('r499');
});
