/** A pause that was undone by other means, end to end in the agent's workflow. */
import { devServer } from '../../support/env';
import { eventually, withAgents } from './harness';

const env = devServer();

test('a paused agent that beats because it was continued is suspended again, and the decision says why', () =>
  withAgents(env, async (world) => {
    const agent = await world.start();
    await agent.ready();
    await agent.send('pause');
    const resource = world.provider.of('a');
    if (!resource) throw new Error('no resource');
    resource.state = 'running';
    await agent.beat('ready');
    await eventually(
      async () => world.provider.count('suspendResource', 'a'),
      (count) => count === 2,
    );
    expect(resource).toMatchObject({ state: 'paused' });
    const view = await agent.until(({ runtime }) => runtime === 'paused');
    expect(view).toMatchObject({ status: 'paused', holds: [{ name: 'operator' }] });
    expect(view.decisions).toContainEqual(
      expect.objectContaining({
        by: 'provider',
        what: 'inspect',
        before: 'paused/paused/ready [operator]',
        after: 'paused/running/ready [operator]',
        why: 'another program continued it; it is paused again',
      }),
    );
  }));
