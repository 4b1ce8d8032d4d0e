/** A simulated run that keeps what its branches were given: contexts, turn requests, and states between turns. */
import type { RunResult } from '../../src/contract/run';
import type { Scenario } from '../../src/contract/run/script';
import { branchState } from '../../src/rules/coordination/parse';
import { expectCarried } from '../rules/lib/expect-carried';
import type { TurnOutcome, TurnRequest } from '../../src/contract/agent/turns';
import { runBranch } from '../../src/rules/coordination/branch';
import type { BranchHandle, Sizes } from '../../src/rules/coordination/effects';
import { runTask } from '../../src/rules/coordination/run';
import { type BranchContext, type BranchState, beginBranch } from '../../src/rules/coordination/state';
import { type Stop, createStop } from '../../src/rules/coordination/stop';
import { VirtualEffects, World } from '../../src/rules/simulate/world';
import { mustCompile } from '../../src/rules/topology/compile';
import { settle } from './scenarios';

/** The observations, in order. */
export interface Recording {
  readonly contexts: BranchContext[];
  readonly requests: TurnRequest[];
  readonly states: BranchState[];
  /** The most branches of one fan-out that ran at once. */
  mostAtOnce: number;
}

class RecordingEffects extends VirtualEffects {
  readonly #world: World;
  readonly #seen: Recording;
  readonly #sizes: Partial<Sizes>;
  #running = 0;

  constructor(world: World, stop: Stop, seen: Recording, sizes: Partial<Sizes>) {
    super(world, stop);
    this.#world = world;
    this.#seen = seen;
    this.#sizes = sizes;
    Object.assign(this, { sizes: { ...this.sizes, ...sizes } });
  }

  override async betweenTurns(state?: BranchState): Promise<void> {
    if (state) {
      this.#seen.states.push(state);
      expectCarried(branchState, state);
    }
    await super.betweenTurns();
  }

  override takeTurn(request: TurnRequest, timeoutMs: number | null): Promise<TurnOutcome> {
    this.#seen.requests.push(request);
    return super.takeTurn(request, timeoutMs);
  }

  override startBranch(context: BranchContext): BranchHandle {
    this.#seen.contexts.push(context);
    this.#running += 1;
    this.#seen.mostAtOnce = Math.max(this.#seen.mostAtOnce, this.#running);
    const stop = createStop();
    const effects = new RecordingEffects(this.#world, stop, this.#seen, this.#sizes);
    const result = runBranch(beginBranch(context), effects).finally(() => {
      this.#running -= 1;
    });
    return {
      result,
      cancel: (reason) => {
        stop.stop(reason);
      },
    };
  }
}

/** Plays a scenario to its end; `sizes` take the place of the limits of a simulation. */
export async function playRecorded(
  scenario: Scenario,
  sizes: Partial<Sizes> = {},
): Promise<Recording & { readonly result: RunResult }> {
  const topology = mustCompile(scenario.topology, 'InvalidScenario');
  const world = new World(scenario, topology, { withTrace: false });
  const seen: Recording = { contexts: [], requests: [], states: [], mostAtOnce: 0 };
  const effects = new RecordingEffects(world, createStop(), seen, sizes);
  const run = runTask({ fleet: 'f', run: 'r', task: scenario.task, topology }, effects);
  const isOver = run.then(
    () => true,
    () => true,
  );
  const stillRuns = async (): Promise<boolean> => {
    await settle();
    return !(await Promise.race([isOver, Promise.resolve(false)]));
  };
  while (await stillRuns()) world.time.step();
  return { ...seen, result: (await run).result };
}
