/** Runs on skipped time: limits, humans that take days, and random scripts against their simulation. */
import { tsToMs } from '@temporalio/common/lib/time';
import fc from 'fast-check';
import type { RunResult } from '../../../src/contract/run';
import type { Scenario } from '../../../src/contract/run/script';
import { timeSkipping } from '../../support/env';
import { randomScenarios } from '../../support/random-scenarios';
import { withAgents } from '../agent/harness';
import { command, inOrder, simulated, startRun, withRuns } from './harness';

const env = timeSkipping();

const HOUR = 3_600_000;
const to = (...agents: string[]) => ({
  action: 'invoke',
  invocations: agents.map((agent) => ({ agent, request: 'go' })),
});
const end = (response: string, delay = '0s') => ({ action: 'final', response, delay });
const ask = (question: string, more: object = {}) => ({ action: 'ask', question, ...more });

async function played(given: Pick<Scenario, 'topology' | 'script'>): Promise<{ result: RunResult; tookMs: number }> {
  return withRuns(env, async (taskQueue) => {
    const run = await startRun(env, taskQueue, given);
    const result = await run.result();
    const { startTime, closeTime } = await run.handle.describe();
    return { result, tookMs: (closeTime?.getTime() ?? NaN) - startTime.getTime() };
  });
}

describe('timeout(S)', () => {
  const flows = ['Start -> A', 'A <-> B', 'A <-> C', 'B -> User'];

  it('ends a run and everything in it', async () => {
    const script = { A: [to('B', 'C')], B: [end('b', '10h')], C: [end('c')] };
    const { result, tookMs } = await played({
      topology: { flows, rules: ['timeout(60)', 'agent_timeout(default:86400)'] },
      script,
    });
    expect(result).toMatchObject({ success: false, error: 'timeout(60) reached' });
    expect(result.branches.map(({ outcome }) => outcome)).toEqual(['abandoned', 'abandoned', 'completed']);
    expect(tookMs).toBeGreaterThanOrEqual(60_000);
    expect(tookMs).toBeLessThan(HOUR);
  });

  it('does not count what a human takes, three days for example, while nothing else is open', async () => {
    const script = {
      A: [to('B', 'C'), end('done', '30s')],
      B: [ask('?'), end('b')],
      C: [end('c', '20s')],
      User: [{ answer: 1, delay: '72h' }],
    };
    const { result, tookMs } = await played({ topology: { flows, rules: ['timeout(60)'] }, script });
    expect(result).toMatchObject({ success: true, finalResponse: 'done' });
    expect(tookMs).toBeGreaterThanOrEqual(72 * HOUR);
  });

  it('does not count what an operator takes who has paused it', async () => {
    const script = { A: [{ ...to('B'), delay: '40s' }], B: [end('b')] };
    await withRuns(env, async (taskQueue) => {
      const run = await startRun(env, taskQueue, { topology: { flows, rules: ['timeout(60)'] }, script });
      await command(run, 'pause');
      await env.sleep(5 * HOUR);
      await command(run, 'resume');
      expect(await run.result()).toMatchObject({ success: true, finalResponse: 'b' });
    });
  });

  it('counts while anything else is open', async () => {
    const script = { A: [to('B', 'C')], B: [ask('?')], C: [end('c', '10h')], User: [{ answer: 1, delay: '72h' }] };
    const { result } = await played({
      topology: { flows, rules: ['timeout(60)', 'agent_timeout(default:86400)'] },
      script,
    });
    expect(result.error).toBe('timeout(60) reached');
  });
});

describe('a question with a deadline', () => {
  const topology = { flows: ['Start -> A', 'A -> User'] };
  const User = [{ answer: 'late', delay: '3h' }];

  it('takes its default, or fails the branch', async () => {
    const withDefault = await played({
      topology,
      script: { A: [ask('?', { timeout: '2h', default: 7 }), end('a')], User },
    });
    expect(withDefault.result).toMatchObject({ success: true, finalResponse: 'a' });
    expect(withDefault.tookMs).toBeLessThan(3 * HOUR);
    const without = await played({ topology, script: { A: [ask('?', { timeout: '2h' })], User } });
    expect(without.result.error).toContain('no answer within 2h');
  });
});

/** Where two branches ask the same agent in the same instant, chance decides who is first: no promise is made about that. */
function isDecided({ script }: Scenario): boolean {
  const replies = Object.values(script).flat() as { invocations?: { agent: string }[] }[];
  return replies.every(
    ({ invocations = [] }) => new Set(invocations.map(({ agent }) => agent)).size === invocations.length,
  );
}

it('random scripts end as their simulation does, trace and all, branches that continue as new included', async () => {
  const scenarios = fc.sample(randomScenarios(200 * HOUR, '60h').filter(isDecided), 40);
  await withRuns(env, async (taskQueue) => {
    const runs = await Promise.all(
      scenarios.map(({ topology, script }, index) =>
        startRun(env, taskQueue, {
          topology,
          script,
          trace: true,
          ...(index % 2 === 0 ? {} : { continueAfterEvents: 20 }),
        }),
      ),
    );
    for (const [index, run] of runs.entries()) {
      const { topology, script } = scenarios[index] ?? fail();
      const expected = inOrder(await simulated({ topology, script }, true));
      expect({ index, topology, script, ...inOrder(await run.result()) }).toEqual({
        index,
        topology,
        script,
        ...expected,
      });
    }
  });
});

function fail(): never {
  throw new Error('a run without a scenario');
}

it('a turn is requested again every two minutes while its agent does not answer', async () => {
  await withAgents(env, async (world) => {
    const { fleet, taskQueue } = world;
    // It never beats, so the turn waits in its queue until this limit.
    const agent = await world.start('A', { turns: { unavailableTimeout: '5m' } });
    const run = await startRun(env, taskQueue, { fleet, topology: { flows: ['Start -> A', 'A -> End'] } });
    expect(await run.result()).toMatchObject({ success: false });
    const requestedAt = ((await agent.handle.fetchHistory()).events ?? [])
      .filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'turnRequested')
      .map(({ eventTime }) => tsToMs(eventTime));
    const [first = NaN] = requestedAt;
    expect(requestedAt.map((at) => Math.round((at - first) / 60_000))).toEqual([0, 2, 4]);
  });
});
