/** What a run can carry: many branches, long chains, values at the limits. */
import type { RunResult, Script } from '../../src/contract/runs';
import { SIZE_LIMITS } from '../../src/contract/turns';
import { devServer } from '../support/env';
import { withAgents } from '../workflows/agent-harness';
import { readyAgents, simulated, startRun, withRuns } from '../workflows/run-harness';

const env = devServer();

const final = (response: unknown) => ({ action: 'final', response });
const to = (agent: string, request: unknown = 'go') => ({ agent, request });
const invoke = (...invocations: object[]) => ({ action: 'invoke', invocations });

async function runOf(given: Parameters<typeof startRun>[2]): Promise<RunResult> {
  return withRuns(env, async (taskQueue) => (await startRun(env, taskQueue, given)).result());
}

function wide() {
  const workers = Array.from({ length: 300 }, (_, index) => `W${String(index)}`);
  const flows = ['Start -> O', ...workers.map((worker) => `O <-> ${worker}`)];
  const script: Script = {
    ...Object.fromEntries(workers.map((worker) => [worker, [final(worker)]])),
    O: [invoke(...workers.map((worker) => to(worker))), final('done')],
  };
  return { topology: { flows, rules: ['max_agents(50)'] }, script };
}

function long() {
  const A = [...Array.from({ length: 200 }, () => invoke(to('B'))), final('far')];
  const topology = { flows: ['Start -> A', 'A <-> B', 'A -> End'], rules: ['max_steps(500)'] };
  return { topology, script: { A, B: [{ ...invoke(to('A')), repeat: true }] } };
}

it('300 branches of which 50 run at once, beside a chain of 400 hand-overs that continues as new', async () => {
  await withRuns(env, async (taskQueue) => {
    const chain = await startRun(env, taskQueue, { ...long(), continueAfterEvents: 1_000 });
    const fan = await startRun(env, taskQueue, wide());
    const fanned = await fan.result();
    expect(fanned).toMatchObject({ success: true, turns: 302 });
    expect(fanned).toEqual(await simulated(wide()));
    const chained = await chain.result();
    expect(chained).toMatchObject({ success: true, finalResponse: 'far', turns: 401 });
    expect(chained).toEqual(await simulated(long()));
  });
}, 240_000);

describe('values at their limits', () => {
  const topology = { flows: ['Start -> A', 'A <-> B', 'A <-> C', 'A <-> D', 'A -> End'], convergence: 'any' as const };
  /** A text of so many bytes as JSON. */
  const sized = (bytes: number) => 'x'.repeat(bytes - 2);

  it.each([
    ['a value', 'B', SIZE_LIMITS.value],
    ['results', 'A', SIZE_LIMITS.results],
  ])('%s just under is taken, just over is LimitReached', async (what, failing, limit) => {
    const parts = what === 'results' ? ['B', 'C', 'D'] : ['B'];
    for (const over of [0, 1]) {
      const values = parts.map(
        (_, index) => Math.floor(limit / parts.length) + (index === 0 ? (limit % parts.length) + over : 0),
      );
      const script = {
        A: [invoke(...parts.map((part) => to(part)), ...(parts.length === 1 ? [to('C')] : [])), final('done')],
        C: [final('c')],
        ...Object.fromEntries(parts.map((part, index) => [part, [final(sized(values[index] ?? 0))]])),
      };
      const { branches } = await runOf({ topology, script });
      const branch = branches.find(({ agents }) => agents[0] === failing);
      if (over === 0) expect(branch).toMatchObject({ outcome: 'completed' });
      else
        expect(branch).toMatchObject({
          outcome: 'failed',
          error: expect.stringMatching(/^LimitReached: .* bytes, at most /) as string,
        });
    }
  });

  it('an answer that is too large to return is LimitReached at the root', async () => {
    const starts = Array.from({ length: 8 }, (_, index) => `A${String(index)}`);
    await withAgents(env, async (world) => {
      await readyAgents(world, starts);
      world.takeTurn = async () => ({ reply: final(sized(SIZE_LIMITS.value)) });
      const topology = { flows: starts.map((agent) => `Start -> ${agent}`) };
      const result = await (await startRun(env, world.taskQueue, { fleet: world.fleet, topology })).result();
      expect(result).toMatchObject({ success: false, finalResponse: null });
      expect(result.error).toMatch(/^ROOT failure: LimitReached: the result is \d+ bytes, at most \d+ are allowed$/);
    });
  });

  it('a task that is too large for a turn is LimitReached, and one that is too large for a branch too', async () => {
    const script = { A: [final('a')] };
    for (const bytes of [SIZE_LIMITS.turnRequest, 900 * 1024]) {
      const result = await runOf({ topology: { flows: ['Start -> A'] }, script, task: sized(bytes) });
      expect(result.error).toMatch(/LimitReached: .* bytes, at most /);
    }
  });
});
