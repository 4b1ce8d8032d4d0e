/** What a run can carry: many branches, long chains, values at the limits. */
import type { RunResult } from '../../src/contract/run';
import type { Script } from '../../src/contract/run/script';
import { SIZE_LIMITS } from '../../src/contract/agent/turns';
import { devServer } from '../support/env';
import { withAgents } from '../workflows/agent/harness';
import { readyAgents, simulated, startRun, withRuns } from '../workflows/run/harness';

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

it('1,000 branches at once, all that one reply may begin, end as their simulation does', async () => {
  const workers = Array.from({ length: 1_000 }, (_, index) => `W${String(index)}`);
  const flows = ['Start -> O', ...workers.map((worker) => `O <-> ${worker}`)];
  const script: Script = {
    ...Object.fromEntries(workers.map((worker) => [worker, [final(worker)]])),
    O: [invoke(...workers.map((worker) => to(worker))), final('done')],
  };
  const given = { topology: { flows }, script };
  const result = await runOf(given);
  expect(result).toMatchObject({ success: true, turns: 1_002 });
  expect(result).toEqual(await simulated(given));
}, 400_000);

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

  it('a task just under what a turn may have is taken; over it, or over what a branch may have, is LimitReached', async () => {
    const script = { A: [final('a')] };
    const run = (bytes: number) => runOf({ topology: { flows: ['Start -> A'] }, script, task: sized(bytes) });
    // A first turn holds the task twice: as itself, and as its input.
    expect(await run(SIZE_LIMITS.turnRequest / 2 - 500)).toMatchObject({ success: true });
    for (const bytes of [SIZE_LIMITS.turnRequest / 2, 900 * 1024]) {
      expect((await run(bytes)).error).toMatch(/LimitReached: .* bytes, at most /);
    }
  });

  it('what a branch passes up is taken up to its limit, and LimitReached beyond', async () => {
    const topology = {
      flows: ['Start -> A', 'A <-> B', 'A -> End', 'B <-> C', 'B <-> D', 'C -> End', 'D -> End', 'B -> End'],
    };
    // C and D answer End from below B, and B too: all of it goes up with B.
    const passing = (bytes: readonly number[]) => ({
      topology,
      script: {
        A: [invoke(to('B'), to('B')), final('done')],
        B: [
          invoke(...bytes.map((_, index) => to(index % 2 === 0 ? 'C' : 'D'))),
          { action: 'final', response: 'b', repeat: true },
        ],
        C: bytes.filter((_, index) => index % 2 === 0).map((size) => invoke(to('End', sized(size)))),
        D: bytes.filter((_, index) => index % 2 === 1).map((size) => invoke(to('End', sized(size)))),
      },
    });
    const quarter = SIZE_LIMITS.contributions / 4;
    // Which of the two branches of B fans out is chance.
    const endsOfB = async (bytes: readonly number[]) =>
      (await runOf(passing(bytes))).branches.flatMap(({ agents, error }) => (agents[0] === 'B' ? [error] : []));
    expect(await endsOfB([quarter, quarter, quarter, quarter])).toEqual([null, null]);
    const failure = 'LimitReached: contributions is 1048676 bytes, at most 1048576 are allowed';
    expect((await endsOfB([quarter, quarter, quarter, quarter, 100])).sort()).toEqual([failure, null].sort());
  }, 120_000);
});
