/** Replies go straight to the branch that waits; whatever cannot is left to the agent's workflow. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { delivering } from '../../src/activities/delivery';
import type { TurnCall, TurnResult } from '../../src/contract/activities';
import { DroverError } from '../../src/contract/errors';
import { turnRequest } from '../agent/turn-request';

const call: TurnCall = {
  fleet: 'mars',
  agent: 'A',
  endpoint: 'http://127.0.0.1:1',
  request: turnRequest({ turnId: 'r/0/1' }),
  replyTo: 'run/mars/r/0',
};

/** What the activity returns, and what the branch has heard. */
async function delivered(result: TurnResult, error?: DroverError): Promise<{ returned: TurnResult; heard: unknown[] }> {
  const heard: unknown[] = [];
  const signal: Parameters<typeof delivering>[0]['signal'] = async ({ workflowId }, { name }, argument) => {
    if (error) throw error;
    heard.push({ workflowId, name, argument });
  };
  const activities = delivering({ signal }, { takeTurn: async () => result });
  const environment = new MockActivityEnvironment();
  const returned: TurnResult = await environment.run((given: TurnCall) => activities.takeTurn(given), call);
  return { returned, heard };
}

const reply = { action: 'final', response: 'done' };

it('tells the branch, and says so', async () => {
  expect(await delivered({ reply })).toEqual({
    returned: { reply, delivered: true },
    heard: [{ workflowId: 'run/mars/r/0', name: 'turnAnswered', argument: { turnId: 'r/0/1', outcome: { reply } } }],
  });
});

it.each<[string, TurnResult]>([
  ['an error', { error: { code: 'TurnRejected', message: 'no' } }],
  ['a reply that came with a failure of the credential', { reply, failure: { kind: 'rate_limit' } }],
])('leaves %s to the agent, which may ask again', async (_what, result) => {
  expect(await delivered(result)).toEqual({ returned: result, heard: [] });
});

it('leaves to the agent what could not be delivered', async () => {
  const gone = new DroverError('RunNotFound', 'branch run/mars/r/0 does not exist');
  expect(await delivered({ reply }, gone)).toEqual({ returned: { reply }, heard: [] });
});
