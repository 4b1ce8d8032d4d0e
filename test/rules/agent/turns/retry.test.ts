/** `turns.retry`: which failed turn is asked again, when, and how often. */
import type { TurnRetrySpec } from '../../../../src/contract/agent';
import type { TurnOutcome, TurnRetry } from '../../../../src/contract/agent/turns';
import type { AgentState } from '../../../../src/rules/agent/state';
import { turnActions, withClocks } from '../../../../src/rules/agent/turns/actions';
import { turnEnded } from '../../../../src/rules/agent/turns/endings';
import { requestTurn } from '../../../../src/rules/agent/turns/queue';
import { turnRequest } from '../../../agent/turn-request';
import { agentIn, MINUTE, SECOND, T0 } from '../agents';

const FAILED: TurnOutcome = { reply: { action: 'fail', error: 'no' } };
const LIMITED: TurnOutcome = { error: { code: 'RateLimited', message: 'it answered 429' } };
const BROKEN: TurnOutcome = { error: { code: 'TurnRejected', message: 'it answered 500' } };

/** An agent with one turn in flight since `T0`. */
function busy(retry?: TurnRetrySpec): AgentState {
  const spec = { turns: { timeout: '60s', ...(retry === undefined ? {} : { retry }) } } as const;
  const request = turnRequest({ turnId: 't' });
  const asked = requestTurn(
    agentIn('running', 'running', 'ready', [], spec),
    { turnId: 't', replyTo: 'b', request },
    T0,
  );
  return turnActions(withClocks(asked.state, T0), T0, true).state;
}

function failing(state: AgentState, outcome: TurnOutcome, retry: TurnRetry, now: number) {
  return turnEnded(state, 't', { kind: 'outcome', outcome, retry }, null, now);
}

/** The delays before each repeat in seconds, until the failure is the answer. Each attempt takes a second. */
function delays(retry: TurnRetrySpec | undefined, outcome: TurnOutcome, failed: TurnRetry): number[] {
  let state = busy(retry);
  let now = T0;
  const found: number[] = [];
  for (;;) {
    now += SECOND;
    const ended = failing(state, outcome, failed, now);
    if (ended.answer !== null) return found;
    const [turn] = ended.state.turns.waiting;
    found.push(((turn?.notBefore ?? NaN) - now) / SECOND);
    now = turn?.notBefore ?? NaN;
    state = turnActions(ended.state, now, true).state;
  }
}

test.each<[string, TurnRetrySpec | undefined, TurnOutcome, TurnRetry, number[]]>([
  ['a fail is an answer', undefined, FAILED, { on: 'error' }, []],
  ['a 500 is asked twice more', undefined, BROKEN, { on: '5xx' }, [1, 2]],
  ['a 429 backs off within the time of the turn', undefined, LIMITED, { on: 'rate_limit' }, [1, 2, 4, 8, 16]],
  ['a 429 waits for Retry-After', undefined, LIMITED, { on: 'rate_limit', afterMs: 20 * SECOND }, [20, 20]],
  ['a Retry-After beyond the time is an answer', undefined, LIMITED, { on: 'rate_limit', afterMs: 59 * SECOND }, []],
  ['a fail is asked again if the file says so', { on: ['error'], attempts: 4 }, FAILED, { on: 'error' }, [1, 2, 4]],
  ['attempts 1 asks once', { attempts: 1 }, BROKEN, { on: '5xx' }, []],
  ['attempts bound a 429 too', { attempts: 2 }, LIMITED, { on: 'rate_limit' }, [1]],
  ['an empty list repeats nothing', { on: [] }, LIMITED, { on: 'rate_limit' }, []],
  [
    'the backoff is the file’s',
    { on: ['5xx'], attempts: 4, backoff: { initial: '5s', max: '8s' } },
    BROKEN,
    { on: '5xx' },
    [5, 8, 8],
  ],
])('%s', (_what, retry, outcome, failed, expected) => {
  expect(delays(retry, outcome, failed)).toEqual(expected);
});

test('a turn that takes too long is asked again with its whole time, if the file says so', () => {
  const late = { kind: 'error', error: { code: 'Timeout', message: 'cancelled' }, cannotReach: false } as const;
  const end = (retry: TurnRetrySpec | undefined, now: number) => turnEnded(busy(retry), 't', late, 'timeout', now);
  expect(end(undefined, T0 + MINUTE).answer).toMatchObject({ error: { code: 'Timeout' } });
  const { state, answer } = end({ on: ['timeout'] }, T0 + MINUTE);
  expect(answer).toBeNull();
  expect(state.turns.waiting).toMatchObject([
    { used: 0, repeats: 1, lastError: expect.stringContaining('took longer') as string },
  ]);
});

test('the last failure is the answer, and says what it was', () => {
  let state = busy({ attempts: 2 });
  state = turnActions(failing(state, BROKEN, { on: '5xx' }, T0).state, T0 + SECOND, true).state;
  expect(failing(state, BROKEN, { on: '5xx' }, T0 + SECOND).answer).toEqual(BROKEN);
});
