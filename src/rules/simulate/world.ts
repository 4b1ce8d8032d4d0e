/**
 * The effects of a simulation: virtual time, scripted agents and one human, in place of workflows,
 * activities and signals.
 */
import type { TraceEntry } from '../../contract/run';
import type { Scenario } from '../../contract/run/script';
import { DEFAULT_TURN_TIMEOUT_MS, SIZE_LIMITS, type TurnRequest } from '../../contract/agent/turns';
import { runBranch } from '../coordination/branch';
import {
  type Answer,
  type BranchHandle,
  type Effects,
  type Question,
  type Sizes,
  Stopped,
  type TakenTurn,
} from '../coordination/effects';
import { type BranchContext, beginBranch } from '../coordination/state';
import { type Stop, createStop } from '../coordination/stop';
import { createHuman } from '../run/human';
import { STOPPED_CLOCK, dueAt, setRunning } from '../agent/turns/paused-clock';
import { createReplicas, withoutReplica } from '../run/replicas';
import { type ScriptedTurn, scriptedTurn } from '../run/script';
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
  readonly #replicas;
  #turnsInFlight = 0;
  #clock = setRunning(STOPPED_CLOCK, true, 0);

  constructor({ script, replicas = {} }: Scenario, topology: Topology, { withTrace }: { withTrace: boolean }) {
    this.reach = createReach(topology);
    this.trace = withTrace ? [] : null;
    this.#script = script;
    this.#replicas = createReplicas(replicas);
    this.#human = createHuman(script, this.time, () => {
      this.#setClock();
    });
  }

  /** When the run's own clock reaches `ms`; null while it is stopped. */
  dueAt(ms: number): number | null {
    return dueAt(this.#clock, ms);
  }

  /** Lets the scripted agent take its next turn; the returned function withdraws it. */
  takeTurn(request: TurnRequest, limitMs: number, done: (taken: TakenTurn) => void): () => void {
    const { turnId, branch, agent, input } = request;
    const taker = this.#replicas.begin(agent);
    const by = taker !== null && taker !== agent ? { replica: taker } : {};
    const { outcome, delayMs } = taker === null ? withoutReplica(agent) : this.#scripted(agent, taker, limitMs);
    this.#count(1);
    const cancel = this.time.schedule(delayMs, () => {
      this.#ended(taker);
      if ('reply' in outcome) this.trace?.push({ turnId, branch, agent, ...by, input, reply: outcome.reply });
      done({ ...outcome, ...by });
    });
    return () => {
      cancel();
      this.#ended(taker);
    };
  }

  /** A replica without a script of its own plays that of its agent, together with the others. */
  #scripted(agent: string, taker: string, limitMs: number): Pick<ScriptedTurn, 'outcome' | 'delayMs'> {
    const player = Object.hasOwn(this.#script, taker) ? taker : agent;
    const turn = scriptedTurn(this.#script, player, this.#positions.get(player) ?? 0, limitMs);
    this.#positions.set(player, turn.next);
    return turn;
  }

  #ended(taker: string | null): void {
    if (taker !== null) this.#replicas.end(taker);
    this.#count(-1);
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

  takeTurn(request: TurnRequest, timeoutMs: number | null): Promise<TakenTurn> {
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
   * Waits for the value of `begin`. If the branch is stopped first, it calls the function that
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
