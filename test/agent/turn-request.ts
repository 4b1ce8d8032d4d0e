/** A turn request for tests. */
import type { TurnRequest } from '../../src/contract/agent/turns';

export function turnRequest(change: Partial<TurnRequest> = {}): TurnRequest {
  return {
    turnId: 't1',
    run: 'run-1',
    branch: '0',
    agent: 'A',
    task: 'the task',
    input: { kind: 'task', value: 'the task' },
    memory: [],
    mayInvoke: ['B'],
    attempt: 1,
    subscription: null,
    ...change,
  };
}
