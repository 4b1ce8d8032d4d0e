/** A scenario in virtual time: the coordination rule with scripted agents, without any server. */
import type { RunResult, Scenario, TraceEntry } from '../../contract/runs';
import { DroverError } from '../../contract/errors';
import { DEFAULT_TURN_TIMEOUT_MS, SIZE_LIMITS } from '../../contract/turns';
import { runBranch } from '../coordination/branch';
import { type Effects, type Sizes, Stopped } from '../coordination/effects';
import { runTask } from '../coordination/run';
import { beginBranch } from '../coordination/state';
import { type Stop, createStop } from '../coordination/stop';
import { createHuman } from '../human';
import { STOPPED_CLOCK, dueAt, setRunning } from '../paused-clock';
import { scriptedTurn } from '../script';
import { mustCompile } from '../topology/compile';
import { createReach } from '../topology/reach';
import { createVirtualTime } from './virtual-time';

/** Values are bounded as in a run; a whole turn request is not, as nothing travels here. */
const SIZES: Sizes = { ...SIZE_LIMITS, turnRequest: Infinity, contributions: Infinity };

/** How a simulation is run. */
export interface SimulateOptions {
  /** Adds `trace` to the result. */
  readonly trace?: boolean;
  /** Resolves when everything that can go on has gone on: one turn of the event loop of whoever simulates. */
  readonly settle: () => Promise<void>;
}

/** Plays a scenario to its result. Throws `InvalidScenario` when its topology is wrong. */
export async function simulate(
  scenario: Scenario,
  { trace: withTrace = false, settle }: SimulateOptions,
): Promise<RunResult> {
  const { script, task } = scenario;
  const topology = mustCompile(scenario.topology, 'InvalidScenario');
  const time = createVirtualTime();
  const reach = createReach(topology);
  const root = createStop();
  const trace: TraceEntry[] = [];
  const positions = new Map<string, number>();
  let turnsInFlight = 0;
  let clock = setRunning(STOPPED_CLOCK, true, 0);

  /** The run's clock stands while all that is open waits for the human. */
  const setClock = (): void => {
    clock = setRunning(clock, turnsInFlight > 0 || human.waiting().length === 0, time.now());
  };
  const human = createHuman(script, time, setClock);

  const waiting = <T>(stop: Stop, begin: (resolve: (value: T) => void) => () => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const already = stop.reason();
      if (already !== null) {
        reject(new Stopped(already));
        return;
      }
      const end = begin((value) => {
        unlisten();
        resolve(value);
      });
      const unlisten = stop.onStop((reason) => {
        end();
        reject(new Stopped(reason));
      });
    });

  const effectsOf = (stop: Stop): Effects => ({
    reach,
    sizes: SIZES,
    now: () => time.now(),
    onStop: (then) => stop.onStop(then),
    startTimer: (ms, then) => time.schedule(ms, then),
    betweenTurns: async () => {
      const reason = stop.reason();
      if (reason !== null) throw new Stopped(reason);
    },
    takeTurn: (request, timeoutMs) =>
      waiting(stop, (resolve) => {
        const { agent } = request;
        const position = positions.get(agent) ?? 0;
        const { outcome, delayMs, next } = scriptedTurn(script, agent, position, timeoutMs ?? DEFAULT_TURN_TIMEOUT_MS);
        positions.set(agent, next);
        const done = (): void => {
          turnsInFlight -= 1;
          setClock();
        };
        turnsInFlight += 1;
        setClock();
        const cancel = time.schedule(delayMs, () => {
          done();
          const { turnId, branch, input } = request;
          if (withTrace && 'reply' in outcome) trace.push({ turnId, branch, agent, input, reply: outcome.reply });
          resolve(outcome);
        });
        return () => {
          cancel();
          done();
        };
      }),
    ask: (question) => waiting(stop, (resolve) => human.ask(question, resolve)),
    startBranch(context) {
      const own = createStop();
      return {
        result: runBranch(beginBranch(context), effectsOf(own)),
        cancel: (reason) => {
          own.stop(reason);
        },
      };
    },
  });

  const run = runTask({ fleet: 'simulation', run: 'simulation', task, topology }, effectsOf(root));
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  void run.then(over, over);
  const limitMs = topology.rules.timeoutS === null ? null : topology.rules.timeoutS * 1_000;
  for (await settle(); !isOver; await settle()) {
    const next = time.nextAt();
    const due = limitMs === null || root.reason() !== null ? null : dueAt(clock, limitMs);
    if (due !== null && (next === null || due < next)) {
      time.advanceTo(due);
      root.stop(`timeout(${String(topology.rules.timeoutS)}) reached`);
    } else if (next !== null) time.step();
    else throw new DroverError('Internal', 'the simulation waits for nothing that could happen');
  }
  const { result } = await run;
  return withTrace ? { ...result, trace } : result;
}
