/**
 * Simulates a scenario in virtual time: the coordination rules with scripted agents, without a
 * server.
 */
import type { RunResult } from '../../contract/run';
import type { Scenario } from '../../contract/run/script';
import { DroverError } from '../../contract/errors';
import { checkTask } from '../coordination/fan-out/limits';
import { runTask } from '../coordination/run';
import { createStop } from '../coordination/stop';
import { mustCompile } from '../topology/compile';
import { VirtualEffects, World } from './world';

/** The options of a simulation. */
export interface SimulateOptions {
  /** Adds `trace` to the result. */
  readonly trace?: boolean;
  /** Resolves once all pending promises have run: one turn of the caller's event loop. */
  readonly settle: () => Promise<void>;
}

/**
 * Simulates a scenario to its result. Throws `InvalidScenario` for an invalid topology,
 * `LimitReached` for an oversized task.
 */
export async function simulate(
  scenario: Scenario,
  { trace: withTrace = false, settle }: SimulateOptions,
): Promise<RunResult> {
  checkTask(scenario.task);
  const topology = mustCompile(scenario.topology, 'InvalidScenario');
  checkReplicas(scenario, topology.agents);
  const world = new World(scenario, topology, { withTrace });
  const { time, trace } = world;
  const root = createStop();
  const { task } = scenario;
  const run = runTask({ fleet: 'simulation', run: 'simulation', task, topology }, new VirtualEffects(world, root));
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  void run.then(over, over);
  const limitMs = topology.rules.timeoutS === null ? null : topology.rules.timeoutS * 1_000;
  for (await settle(); !isOver; await settle()) {
    const next = time.nextAt();
    const due = limitMs === null || root.reason() !== null ? null : world.dueAt(limitMs);
    if (due !== null && (next === null || due < next)) {
      time.advanceTo(due);
      root.stop(`timeout(${String(topology.rules.timeoutS)}) reached`);
    } else if (next !== null) time.step();
    else throw new DroverError('Internal', 'the simulation is stuck: no event is scheduled');
  }
  const { result } = await run;
  return trace === null ? result : { ...result, trace };
}

function checkReplicas({ replicas = {} }: Scenario, agents: readonly string[]): void {
  const unknown = Object.keys(replicas).filter((name) => !agents.includes(name));
  if (unknown.length === 0) return;
  throw new DroverError(
    'InvalidScenario',
    `replicas: unknown agent ${unknown.join(', ')}; the flows have ${agents.join(', ')}`,
  );
}
