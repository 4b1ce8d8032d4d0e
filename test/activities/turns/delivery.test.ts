/** Replies go directly to the waiting branch; the agent's workflow sends those that cannot. */
import { delivering } from '../../../src/activities/turns/delivery';
import type { Delivery, SignalActivities, TurnCall, TurnResult } from '../../../src/contract/activities';
import { DroverError } from '../../../src/contract/errors';
import { turnRequest } from '../../agent/turn-request';
import { activityEnvironment } from '../../support/quiet';

const call: TurnCall = {
  fleet: 'mars',
  agent: 'A',
  endpoint: 'http://127.0.0.1:1',
  request: turnRequest({ turnId: 'r/0/1' }),
  replyTo: 'run/mars/r/0',
};

/** The result of the activity, and the messages that the branch has received. */
async function delivered(
  result: TurnResult,
  deliver: () => Promise<Delivery> = async () => 'delivered',
): Promise<{ returned: TurnResult; heard: unknown[] }> {
  const heard: unknown[] = [];
  const signalWorkflow: SignalActivities['signalWorkflow'] = (call) => {
    heard.push(call);
    return deliver();
  };
  const activities = delivering(
    { signals: { signalWorkflow }, calls: { isClosed: async () => false } },
    { takeTurn: async () => result },
  );
  const environment = activityEnvironment();
  const returned: TurnResult = await environment.run((given: TurnCall) => activities.takeTurn(given), call);
  return { returned, heard };
}

const reply = { action: 'final', response: 'done' };

it('tells the branch, and says so', async () => {
  expect(await delivered({ reply })).toEqual({
    returned: { reply, delivered: true },
    heard: [{ workflowId: 'run/mars/r/0', signal: 'turnAnswered', argument: { turnId: 'r/0/1', outcome: { reply } } }],
  });
});

it.each<[string, TurnResult]>([
  ['an error', { error: { code: 'TurnRejected', message: 'no' } }],
  ['a reply that came with a failure of the credential', { reply, failure: { kind: 'rate_limit' } }],
])('leaves %s to the agent, which may ask again', async (_what, result) => {
  expect(await delivered(result)).toEqual({ returned: result, heard: [] });
});

it.each<[string, () => Promise<Delivery>]>([
  ['a branch that is gone', async () => 'gone'],
  ['a server that does not answer', () => Promise.reject(new DroverError('Unavailable', 'Temporal cannot be reached'))],
])('leaves to the agent what could not be delivered: %s', async (_what, deliver) => {
  expect((await delivered({ reply }, deliver)).returned).toEqual({ reply });
});

it('has the turn withdrawn when its branch was ended from outside, and not while it cannot tell', async () => {
  const heard: unknown[] = [];
  const looks: (() => Promise<boolean>)[] = [
    async () => false,
    () => Promise.reject(new DroverError('Unavailable', 'Temporal cannot be reached')),
    async () => true,
  ];
  let ask: (result: TurnResult) => void = () => undefined;
  const turn = new Promise<TurnResult>((resolve) => (ask = resolve));
  const activities = delivering(
    {
      signals: {
        async signalWorkflow(sent) {
          heard.push(sent);
          ask({ error: { code: 'AgentUnavailable', message: 'withdrawn' } });
          return 'delivered';
        },
      },
      calls: {
        isClosed: ({ workflowId }) => {
          expect([workflowId, heard]).toEqual([call.replyTo, []]);
          return looks.shift()?.() ?? Promise.resolve(false);
        },
      },
      lookEveryMs: 1,
    },
    { takeTurn: () => turn },
  );
  await activityEnvironment().run((given: TurnCall) => activities.takeTurn(given), call);
  expect(looks).toEqual([]);
  expect(heard).toEqual([
    { workflowId: 'agent/mars/A', signal: 'turnWithdrawn', argument: { turnId: call.request.turnId } },
  ]);
});
