/** A request for a turn, as tests send it. */
import type { TurnRequest } from '../../src/contract/agent/turns';

/** The task `t` for agent `A`, with `more` in place of the fields that matter to a test. */
export function turnRequest(turnId: string, more: Partial<TurnRequest> = {}): TurnRequest {
  return {
    turnId,
    run: 'r',
    branch: '0',
    agent: 'A',
    task: 't',
    input: { kind: 'task', value: 't' },
    memory: [],
    mayInvoke: [],
    attempt: 0,
    subscription: null,
    ...more,
  };
}
