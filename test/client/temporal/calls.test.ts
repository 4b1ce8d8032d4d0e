/** Reads without an answer, by a client whose interceptor stands in for a server that loses them. */
import { Client, Connection, ServiceError, type WorkflowClientInterceptor } from '@temporalio/client';
import { Calls } from '../../../src/client/temporal/calls';
import { agentSubject } from '../../../src/client/temporal/subject';
import { describeAgent } from '../../../src/contract/agent/messages';

const agent = agentSubject({ fleet: 'mars', agent: 'AgentA' });

function losing(codes: readonly number[]): { readonly calls: Calls; readonly asked: () => number } {
  let asked = 0;
  const query: WorkflowClientInterceptor['query'] = async () => {
    const code = codes[asked];
    asked += 1;
    if (code === undefined) return 'here';
    const cause = Object.assign(new Error('lost'), { code, details: 'lost', metadata: {} });
    throw new ServiceError('Failed to query Workflow', { cause });
  };
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  return {
    calls: new Calls(new Client({ connection, interceptors: { workflow: [{ query }] } })),
    asked: () => asked,
  };
}

test('a query that was lost with its workflow task is asked again', async () => {
  const { calls, asked } = losing([4, 1]);
  expect(await calls.query(agent, describeAgent)).toBe('here');
  expect(asked()).toBe(3);
});

test('one that is lost every time is Timeout, after four attempts', async () => {
  const { calls, asked } = losing([4, 4, 4, 4, 4]);
  await expect(calls.query(agent, describeAgent)).rejects.toMatchObject({ code: 'Timeout' });
  expect(asked()).toBe(4);
});

test('one that was refused is not', async () => {
  const { calls, asked } = losing([7]);
  await expect(calls.query(agent, describeAgent)).rejects.toMatchObject({ code: 'Forbidden' });
  expect(asked()).toBe(1);
});
