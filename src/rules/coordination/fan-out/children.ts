/** The branches of one fan-out: queued, running, settled. */
import type { BranchRecord } from '../../../contract/run';
import { inBranchOrder } from './branch-order';
import type { BranchHandle, Effects } from '../effects';
import type { BarrierPlan, Seed } from '../plan';
import { type Presence, createPresence } from './presence';
import type { BranchResult, Records } from '../state';

/** A branch with its id. */
export interface Child extends Seed {
  readonly id: string;
}

/** The branches of one fan-out. */
export interface Children {
  /** The agents that are queued or run, to find what they can reach. */
  readonly active: Presence;
  add(seed: Seed): void;
  /**
   * Starts as many as `max_agents` allows. `alsoBeside`: rendezvous nodes that kept contributions
   * reach.
   */
  startQueued(alsoBeside: readonly string[]): void;
  /** Takes a result; false if the barrier no longer waits for that branch. */
  settle(result: BranchResult): boolean;
  isIdle(): boolean;
  /** The branches that are queued or run. */
  open(): number;
  /**
   * Stops waiting. Returns the handles of running branches, and every branch that did not finish.
   */
  abandon(
    reason: string,
    cancel: boolean,
  ): { readonly handles: readonly BranchHandle[]; readonly unfinished: readonly Child[] };
  /** Cancels all branches and waits for their results. */
  stop(reason: string): Promise<void>;
  /** The number of the next branch. */
  next(): number;
  turnsUsed(): number;
  records(): Records;
}

/** Creates the branches of a fan-out. `onSettled` receives the result of every branch. */
export function createChildren(
  plan: BarrierPlan,
  effects: Effects,
  onSettled: (result: BranchResult) => void,
): Children {
  const { topology, fleet, run, task, outside } = plan.base;
  const active = createPresence(topology, effects.reach, plan.waiting);
  const atOnce = topology.rules.maxAgents ?? Infinity;
  const running = new Map<string, { readonly child: Child; readonly handle: BranchHandle }>();
  const settled: BranchResult[] = [];
  const neverStarted: BranchRecord[] = [];
  let queue: Child[] = [];
  let started = 0;
  let next = plan.firstChild;
  let turnsUsed = 0;

  const start = (child: Child, alsoBeside: readonly string[]): void => {
    const { id, agent, input, counts } = child;
    const handle = effects.startBranch({
      v: 1,
      fleet,
      run,
      branch: id,
      parent: plan.branch,
      agent,
      task,
      input,
      topology,
      counts,
      turnsLeft: plan.turnsLeft - turnsUsed,
      waiting: plan.waiting,
      outside: union(outside, active.beside(agent), alsoBeside),
    });
    running.set(id, { child, handle });
    void handle.result.then(onSettled);
  };
  const absorb = (result: BranchResult): void => {
    const entry = running.get(result.branch);
    if (!entry) return;
    running.delete(result.branch);
    active.leave(entry.child.agent);
    turnsUsed += result.turnsUsed;
    settled.push(result);
  };

  return {
    active,
    add(seed) {
      const id = plan.branch === null ? String(next) : `${plan.branch}.${String(next)}`;
      next += 1;
      queue.push({ ...seed, id });
      active.enter(seed.agent);
    },
    startQueued(alsoBeside) {
      for (; started < queue.length && running.size < atOnce; started += 1) {
        const child = queue[started];
        if (child) start(child, alsoBeside);
      }
    },
    settle(result) {
      const isAwaited = running.has(result.branch);
      absorb(result);
      return isAwaited;
    },
    isIdle: () => running.size === 0 && started === queue.length,
    open: () => running.size + queue.length - started,
    abandon(reason, cancel) {
      const left = [...running.values()];
      const waiting = queue.slice(started);
      running.clear();
      queue = queue.slice(0, started);
      if (cancel) for (const { handle } of left) handle.cancel(reason);
      for (const { id, agent } of waiting) {
        neverStarted.push({ id, parent: plan.branch, agents: [agent], turns: 0, outcome: 'abandoned', error: reason });
      }
      return { handles: left.map(({ handle }) => handle), unfinished: [...left.map(({ child }) => child), ...waiting] };
    },
    async stop(reason) {
      const left = [...running.values()];
      for (const { handle } of left) handle.cancel(reason);
      for (const { handle } of left) absorb(await handle.result);
    },
    next: () => next,
    turnsUsed: () => turnsUsed,
    records() {
      const inOrder = inBranchOrder(settled, ({ branch }) => branch);
      return {
        branches: [...inOrder.flatMap(({ branches }) => branches), ...neverStarted],
        barriers: inOrder.flatMap(({ barriers }) => barriers),
        undos: inOrder.flatMap(({ undos }) => undos),
      };
    },
  };
}

/** Copies nothing if no rendezvous is added, as in most topologies. */
function union(outside: readonly string[], ...more: readonly (readonly string[])[]): readonly string[] {
  return more.every(({ length }) => length === 0) ? outside : [...new Set([...outside, ...more.flat()])];
}
