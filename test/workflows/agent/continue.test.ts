/** Continue-as-new under fire: everything sent while it happens is applied, once, and every memory survives. */
import type { TurnAnswered } from '../../../src/contract/agent/turns';
import { devServer } from '../../support/env';
import { type TestAgent, eventually, withAgents } from './harness';

const env = devServer();

async function runs(agent: TestAgent): Promise<number> {
  const { events } = await agent.handle.fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!started?.continuedExecutionRunId) return 1;
  let count = 1;
  for (let previous: string | null | undefined = started.continuedExecutionRunId; previous; count += 1) {
    const before = await env.client.workflow.getHandle(agent.id, previous).fetchHistory();
    previous = before.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return count;
}

test('holds, beats, turns and commands sent under fire are applied exactly once', () =>
  withAgents(env, async (world) => {
    const agent = await world.start('a', {}, { continueAfterEvents: 40 });
    const branch = await world.mailbox();
    const { instanceId } = await agent.ready();
    const count = 20;
    const beats = async () => {
      for (let seq = 1; seq <= count; seq += 1)
        await agent.beat(seq % 2 === 0 ? 'ready' : 'degraded', { instanceId: instanceId ?? '', seq });
    };
    const turns = async () => {
      for (let turn = 1; turn <= count; turn += 1) await world.ask(agent, branch, `t${String(turn)}`);
    };
    const commands = async () => {
      for (let index = 1; index <= count; index += 1) {
        await agent.send('hold', { hold: `h${String(index)}`, requestId: `hold-${String(index)}` });
        await agent.send('release', { hold: `h${String(index)}`, requestId: `release-${String(index)}` });
      }
    };
    await Promise.all([beats(), turns(), commands()]);
    const mail = await eventually(
      () => world.mail(branch),
      (got) => got.filter(({ signal }) => signal === 'turnAnswered').length >= count,
    );
    const answered = mail
      .filter(({ signal }) => signal === 'turnAnswered')
      .map(({ argument }) => (argument as { turnId: string }).turnId);
    expect([answered.length, new Set(answered).size]).toEqual([count, count]);
    expect([world.taken.length, new Set(world.taken.map(({ request }) => request.turnId)).size]).toEqual([
      count,
      count,
    ]);
    const view = await agent.until(({ turns: { inFlight, queued } }) => inFlight + queued === 0);
    expect(view).toMatchObject({ status: 'running', runtime: 'running', liveness: 'ready', holds: [], instanceId });
    const suspends = world.provider.count('suspendResource');
    expect([suspends, world.provider.count('continueResource')]).toEqual([count, count]);
    expect(await runs(agent)).toBeGreaterThan(5);

    const again = await agent.send('hold', { hold: 'h1', requestId: 'hold-1' });
    expect(again).toMatchObject({
      requestId: 'hold-1',
      changed: true,
      agent: { status: 'paused', holds: [{ name: 'h1' }] },
    });
    expect(await agent.view()).toMatchObject({ status: 'running', holds: [] });
    expect(world.provider.count('suspendResource')).toBe(suspends);
  }));

test('an answered turn is remembered across continue-as-new, and so is a withdrawn one', () =>
  withAgents(env, async (world) => {
    const agent = await world.start('a', {}, { continueAfterEvents: 30 });
    const branch = await world.mailbox();
    await agent.ready();
    await world.ask(agent, branch, 't1');
    await eventually(
      () => world.mail(branch),
      (mail) => mail.length === 1,
    );
    await agent.handle.signal('turnWithdrawn', { turnId: 't2' });
    const before = await runs(agent);
    for (let beat = 0; beat < 12; beat += 1) await agent.beat(beat % 2 === 0 ? 'degraded' : 'ready');
    await eventually(
      () => runs(agent),
      (count) => count > before,
    );
    await world.ask(agent, branch, 't1');
    await world.ask(agent, branch, 't2');
    await world.ask(agent, branch, 't3');
    const mail = await eventually(
      () => world.mail(branch),
      (got) => got.length >= 4,
    );
    // Signals that are sent side by side arrive in any order.
    const outcomes = mail.map(({ argument }) => {
      const { turnId, outcome } = argument as TurnAnswered;
      return `${turnId} ${'error' in outcome ? outcome.error.code : 'answered'}`;
    });
    expect(outcomes.sort()).toEqual(['t1 answered', 't1 answered', 't2 TurnRejected', 't3 answered']);
    expect(world.taken.map(({ request }) => request.turnId)).toEqual(['t1', 't3']);
  }));
