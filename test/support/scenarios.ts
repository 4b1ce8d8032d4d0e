/** Scenarios for tests: the committed case files, and small ones written out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { RunResult } from '../../src/contract/run';
import type { Scenario, Script } from '../../src/contract/run/script';
import type { ConvergenceSpec } from '../../src/contract/fleet/topology';
import { simulate } from '../../src/rules/simulate/simulate';

/** One of test/cases. */
export function readCase(name: string): Scenario {
  return parse(readFileSync(join(__dirname, '../cases', `${name}.yaml`), 'utf8')) as Scenario;
}

/** A scenario from its flows and its script. */
export function scenarioOf(
  flows: readonly string[],
  script: Script,
  more: { readonly rules?: readonly string[]; readonly convergence?: ConvergenceSpec } = {},
): Scenario {
  return { apiVersion: 'drover/v1', kind: 'Scenario', topology: { flows, ...more }, task: 'the task', script };
}

/** A reply that invokes: `to('B', 1)` hands over, `to('B', 1, 'C', 2)` fans out. */
export function to(...pairs: readonly unknown[]): {
  action: 'invoke';
  invocations: { agent: string; request: unknown }[];
} {
  const invocations: { agent: string; request: unknown }[] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    invocations.push({ agent: String(pairs[index]), request: pairs[index + 1] });
  }
  return { action: 'invoke', invocations };
}

/** A reply that ends its branch with a value. */
export function final(response: unknown): { action: 'final'; response: unknown } {
  return { action: 'final', response };
}

/** Plays a scenario, with its trace. */
export function play(scenario: Scenario): Promise<RunResult> {
  return simulate(scenario, { trace: true, settle });
}

/** One turn of the event loop. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The same scenario with a new random delay for every reply. */
export function withDelays(scenario: Scenario, draw: () => number): Scenario {
  const script = Object.fromEntries(
    Object.entries(scenario.script).map(([agent, entries]) => [
      agent,
      entries.map((entry) => ({ ...entry, delay: `${String(draw())}ms` })),
    ]),
  ) as Script;
  return { ...scenario, script };
}
