/** When a command answers: on its effect, after a while, or at once. */
import { devServer } from '../../support/env';
import { type TestAgent, untilCancelled, withAgents } from './harness';

const env = devServer();

test('a command that does not wait answers at once with the state reached, and so does its repeat', () =>
  withAgents(env, async (world) => {
    world.takeTurn = untilCancelled;
    const agent = await world.start('a');
    const branch = await world.mailbox();
    await agent.ready();
    await world.ask(agent, branch, 't1');
    await agent.until(({ turns }) => turns.inFlight === 1);
    const pausing = { changed: true, state: 'pausing', agent: { status: 'paused', turns: { inFlight: 1 } } };
    expect(await agent.send('pause', { requestId: 'p', wait: false })).toMatchObject(pausing);
    expect(await agent.send('pause', { requestId: 'p' })).toMatchObject(pausing);
    expect(await waits(agent)).toBe(0);
    await agent.send('hold', { hold: 'other' });
    expect(await waits(agent)).toBe(1);
    await agent.send('resume', { cancelPending: true });
    await agent.send('release', { hold: 'other' });
    expect(await agent.view()).toMatchObject({ status: 'running', holds: [] });
  }));

/** How often a caller has been made to wait for an effect. */
async function waits(agent: TestAgent): Promise<number> {
  const { events } = await agent.handle.fetchHistory();
  const timers = (events ?? []).map(({ timerStartedEventAttributes }) => timerStartedEventAttributes);
  return timers.filter((timer) => Number(timer?.startToFireTimeout?.seconds ?? 0) === 5).length;
}
