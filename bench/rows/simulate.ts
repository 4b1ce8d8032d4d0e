/** The coordination rule alone, in virtual time. */
import { setImmediate } from 'node:timers/promises';
import type { Scenario } from '../../src/contract/run/script';
import { simulate } from '../../src/rules/simulate/simulate';
import { type Row, rate } from '../harness';

function fanOut(branches: number): Scenario {
  // A reply invokes at most 1,000 agents, so the lead invokes foremen, and they invoke the workers.
  const foremen = Array.from({ length: Math.max(2, branches / 1_000) }, (_, index) => `F${String(index)}`);
  const workersOf = (foreman: string) =>
    Array.from({ length: branches / foremen.length }, (_, index) => `${foreman}W${String(index)}`);
  const work = (agents: readonly string[]) => [
    { action: 'invoke', invocations: agents.map((agent) => ({ agent, request: 'work' })) },
    { action: 'final', response: 'done' },
  ];
  return {
    apiVersion: 'drover/v1',
    kind: 'Scenario',
    topology: {
      flows: [
        'Start -> Lead',
        ...foremen.flatMap((foreman) => [
          `Lead <-> ${foreman}`,
          ...workersOf(foreman).map((worker) => `${foreman} <-> ${worker}`),
        ]),
      ],
      rules: ['max_turns_total(20000)'],
    },
    task: 'work',
    script: {
      Lead: work(foremen),
      ...Object.fromEntries(foremen.map((foreman) => [foreman, work(workersOf(foreman))])),
      ...Object.fromEntries(
        foremen
          .flatMap(workersOf)
          .map((worker, index) => [worker, [{ action: 'final', response: index, delay: `${String(index % 13)}ms` }]]),
      ),
    },
  };
}

async function turnsPerSecond(scenario: Scenario, times: number): Promise<number> {
  let turns = 0;
  const perSecond = await rate(1, async () => {
    for (let time = 0; time < times; time += 1) {
      const result = await simulate(scenario, { settle: () => setImmediate() });
      if (!result.success) throw new Error(`the simulation failed: ${String(result.error)}`);
      turns += result.turns;
    }
  });
  return perSecond * turns;
}

/** Turns a second, and whether ten times the branches still reach half the rate. */
export function simulateRows(): Row[] {
  const thousand = fanOut(1_000);
  const tenThousand = fanOut(10_000);
  return [
    {
      name: 'simulate',
      what: 'turns a second, a fan-out of 10,000 against one of 1,000',
      unit: 'turns/s',
      target: { of: 'ratio', atLeast: 0.5 },
      prepare: async () => ({ drover: () => turnsPerSecond(tenThousand, 1), bare: () => turnsPerSecond(thousand, 10) }),
    },
    {
      name: 'simulate-rate',
      what: 'turns a second at a fan-out of 10,000',
      unit: 'turns/s',
      target: { of: 'drover', atLeast: 20_000 },
      prepare: async () => ({ drover: () => turnsPerSecond(tenThousand, 1) }),
    },
  ];
}
