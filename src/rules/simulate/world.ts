/**
 * The effects of a simulation: virtual time, scripted agents and one human, in place of workflows,
 * activities and signals.
 */
import type { Scenario, TraceEntry } from '../../contract/run';
import { DEFAULT_TURN_TIMEOUT_MS, SIZE_LIMITS, type TurnOutcome, type TurnRequest } from '../../contract/agent/turns';
import { runBranch } from '../coordination/branch';
import {
  type Answer,
  type BranchHandle,
  type Effects,
  type Question,
  type Sizes,
  Stopped,
} from '../coordination/effects';
import { type BranchContext, beginBranch } from '../coordination/state';
import { type Stop, createStop } from '../coordination/stop';
import { createHuman } from '../run/human';
import { STOPPED_CLOCK, dueAt, setRunning } from '../agent/turns/paused-clock';
import { scriptedTurn } from '../run/script';
import { type Reach, createReach } from '../topology/reach';
import type { Topology } from '../topology/topology';
import { createVirtualTime } from './virtual-time';

/** Values have the limits of a run; messages do not exist here and have none. */
const SIZES: Sizes = { ...SIZE_LIMITS, turnRequest: Infinity, contributions: Infinity };

/** Everything that the branches of one simulated run share. */
export class World {
  readonly reach: Reach;
  readonly time = createVirtualTime();
  readonly trace: TraceEntry[] | null;
  readonly #script: Scenario['script'];
  readonly #human;
  readonly #positions = new Map<string, number>();
  #turnsInFlight = 0;
  #clock = setRunning(STOPPED_CLOCK, true, 0);

  constructor({ script }: Scenario, topology: Topology, { withTrace }: { withTrace: boolean }) {
    this.reach = createReach(topology);
    this.trace = withTrace ? [] : null;
    this.#script = script;
    this.#human = createHuman(script, this.time, () => {
      this.#setClock();
    });
  }

  /** When the run's own clock reaches `ms`; null while it is stopped. */
  dueAt(ms: number): number | null {
    return dueAt(this.#clock, ms);
  }

  /** Lets the scripted agent take its next turn; the returned function withdraws it. */
  takeTurn(request: TurnRequest, limitMs: number, done: (outcome: TurnOutcome) => void): () => void {
    const { agent } = request;
    const position = this.#positions.get(agent) ?? 0;
    const { outcome, delayMs, next } = scriptedTurn(this.#script, agent, position, limitMs);
    this.#positions.set(agent, next);
    this.#count(1);
    const cancel = this.time.schedule(delayMs, () => {
      this.#count(-1);
      const { turnId, branch, input } = request;
      if ('reply' in outcome) this.trace?.push({ turnId, branch, agent, input, reply: outcome.reply });
      done(outcome);
    });
    return () => {
      cancel();
      this.#count(-1);
    };
  }

  ask(question: Question, settle: (answer: Answer) => void): () => void {
    return this.#human.ask(question, settle);
  }

  #count(by: number): void {
    this.#turnsInFlight += by;
    this.#setClock();
  }

  /** Stops the run's clock while every open branch waits for the human. */
  #setClock(): void {
    const isRunning = this.#turnsInFlight > 0 || this.#human.waiting().length === 0;
    this.#clock = setRunning(this.#clock, isRunning, this.time.now());
  }
}

/**
 * The effects of one branch, or of the run. A class, because there are tens of thousands and
 * closures would cost more memory.
 */
export class VirtualEffects implements Effects {
  readonly sizes = SIZES;
  readonly #world: World;
  readonly #stop: Stop;

  constructor(world: World, stop: Stop) {
    this.#world = world;
    this.#stop = stop;
  }

  get reach(): Reach {
    return this.#world.reach;
  }

  now(): number {
    return this.#world.time.now();
  }

  onStop(then: (reason: string) => void): () => void {
    return this.#stop.onStop(then);
  }

  startTimer(ms: number, then: () => void): () => void {
    return this.#world.time.schedule(ms, then);
  }

  async betweenTurns(): Promise<void> {
    const reason = this.#stop.reason();
    if (reason !== null) throw new Stopped(reason);
  }

  takeTurn(request: TurnRequest, timeoutMs: number | null): Promise<TurnOutcome> {
    return this.#waiting((done) => this.#world.takeTurn(request, timeoutMs ?? DEFAULT_TURN_TIMEOUT_MS, done));
  }

  ask(question: Question): Promise<Answer> {
    return this.#waiting((done) => this.#world.ask(question, done));
  }

  startBranch(context: BranchContext): BranchHandle {
    const stop = createStop();
    return {
      result: runBranch(beginBranch(context), new VirtualEffects(this.#world, stop)),
      cancel: (reason) => {
        stop.stop(reason);
      },
    };
  }

  /**
   * Waits for the value of `begin`. Where the branch is stopped first, it calls the function that
   * `begin` returned.
   */
  #waiting<T>(begin: (done: (value: T) => void) => () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const already = this.#stop.reason();
      if (already !== null) {
        reject(new Stopped(already));
        return;
      }
      const end = begin((value) => {
        unlisten();
        resolve(value);
      });
      const unlisten = this.#stop.onStop((reason) => {
        end();
        reject(new Stopped(reason));
      });
    });
  }
}
