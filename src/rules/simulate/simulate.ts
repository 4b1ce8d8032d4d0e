/** A scenario in virtual time: the coordination rule with scripted agents, without any server. */
import type { RunResult, Scenario } from '../../contract/run';
import { DroverError } from '../../contract/errors';
import { checkTask } from '../coordination/fan-out/limits';
import { runTask } from '../coordination/run';
import { createStop } from '../coordination/stop';
import { mustCompile } from '../topology/compile';
import { VirtualEffects, World } from './world';

/** How a simulation is run. */
export interface SimulateOptions {
  /** Adds `trace` to the result. */
  readonly trace?: boolean;
  /** Resolves when everything that can go on has gone on: one turn of the event loop of whoever simulates. */
  readonly settle: () => Promise<void>;
}

/** Plays a scenario to its result. Throws `InvalidScenario` when its topology is wrong, `LimitReached` when its task is too large. */
export async function simulate(
  scenario: Scenario,
  { trace: withTrace = false, settle }: SimulateOptions,
): Promise<RunResult> {
  checkTask(scenario.task);
  const topology = mustCompile(scenario.topology, 'InvalidScenario');
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
    else throw new DroverError('Internal', 'the simulation waits for nothing that could happen');
  }
  const { result } = await run;
  return trace === null ? result : { ...result, trace };
}
