/** No secret is in the outcome of a turn. */
import { createTurnActivities } from '../../../src/activities/turns/turns';
import type { TurnCall } from '../../../src/contract/activities';
import { agentToken } from '../../../src/contract/agent/token';
import { activityEnvironment } from '../../support/quiet';
import { answering, callTo } from './endpoint';

describe('secrets in what an agent says', () => {
  const environment = {
    CLAUDE_API_KEY: 'sk-of-the-environment',
    SUB_A: 'the credential of this turn',
    MODEL: 'what a variable refers to',
    TERM: 'xterm-256color',
  };
  async function told(status: number, body: string): Promise<string> {
    const activities = createTurnActivities({ agentSecret: 'a-long-agent-secret', environment });
    const call = { ...callTo(await answering(status, body)), secret: 'env:SUB_A', references: ['env:MODEL'] };
    return JSON.stringify(await activityEnvironment().run((given: TurnCall) => activities.takeTurn(given), call));
  }
  const token = agentToken('a-long-agent-secret', 'mars', 'A');
  const all = [environment.CLAUDE_API_KEY, environment.SUB_A, environment.MODEL, token];

  test.each(all)('%s is in no error', async (secret) => {
    for (const [status, body] of [
      [500, `headers: Bearer ${secret}`],
      [401, `bad key ${secret}`],
      [200, JSON.stringify({ action: 'fail', error: `401 bad key ${secret}` })],
      [200, `401 bad key ${secret}`],
      [200, JSON.stringify({ action: secret })],
      [200, JSON.stringify({ action: 'invoke', invocations: [{ agent: secret, request: 1 }], [secret]: 1 })],
    ] as const) {
      const text = await told(status, body);
      expect(text).not.toContain(secret);
      expect(text).toContain('***');
    }
  });

  test('what agents tell each other is theirs', async () => {
    const reply = { action: 'invoke', invocations: [{ agent: 'B', request: { key: token } }], undo: [token] };
    expect(await told(200, JSON.stringify(reply))).toBe(JSON.stringify({ reply }));
  });

  test('nothing is shown if the credential cannot be looked up', async () => {
    const activities = createTurnActivities({ agentSecret: 'a-long-agent-secret', environment });
    for (const body of ['text', JSON.stringify({ action: 'fail', error: 'text' })]) {
      const call = { ...callTo(await answering(200, body)), secret: 'env:GONE' };
      const outcome = await activityEnvironment().run(() => activities.takeTurn(call));
      expect(JSON.stringify(outcome)).toContain('not shown, as it may hold a secret');
      expect(JSON.stringify(outcome)).not.toContain('"text"');
    }
  });

  test('other text stays', async () => {
    expect(await told(500, 'TERM is xterm-256color')).toContain('xterm-256color');
  });
});
