/** Runs a task: a fan-out to Start's successors, and the root's barrier. */
import type { RunResult } from '../../contract/run';
import type { Topology } from '../topology/topology';
import { runBarrier } from './fan-out/barrier';
import { inBranchOrder } from './fan-out/branch-order';
import { withShares } from '../lib/shares';
import { sumOfUsage, usageField } from '../lib/turn/usage';
import { boundedBarriers } from './endings';
import type { Effects } from './effects';
import { Orphans } from './fan-out/orphans';
import type { Verdict } from './plan';
import type { Undo } from './state';

/** The input of a run. */
export interface Task {
  readonly fleet: string;
  readonly run: string;
  readonly task: unknown;
  readonly topology: Topology;
}

/** A run's result, and the undos of its finished turns in case it failed. */
export interface RunEnd {
  readonly result: RunResult;
  readonly undos: readonly Undo[];
}

/** Runs a task to its result. `effects.onStop` ends it early, with the reason as its error. */
export async function runTask({ fleet, run, task, topology }: Task, effects: Effects): Promise<RunEnd> {
  const root = await runBarrier(
    {
      base: { fleet, run, task, topology, outside: [] },
      branch: null,
      agent: null,
      waiting: [],
      direct: [],
      seeds: (topology.successors['Start'] ?? []).map((agent) => ({
        agent,
        input: { kind: 'task', value: task },
        counts: { steps: 0, handOvers: topology.rules.maxTurns.map(() => 0) },
      })),
      firstChild: 0,
      turnsLeft: topology.rules.maxTurnsTotal,
    },
    effects,
    new Orphans(),
  );
  return {
    result: {
      ...answer(root.verdict),
      turns: root.turnsUsed,
      ...usageField(sumOfUsage(root.branches.map(({ usage }) => usage))),
      branches: withShares(inBranchOrder(root.branches, ({ id }) => id)),
      barriers: boundedBarriers(root.barriers),
    },
    undos: root.undos,
  };
}

function answer(verdict: Verdict): Pick<RunResult, 'success' | 'finalResponse' | 'error'> {
  switch (verdict.outcome) {
    case 'fired': {
      const values = verdict.results.map(({ value }) => value);
      return { success: true, finalResponse: values.length === 1 ? values[0] : values, error: null };
    }
    case 'failed':
      return { success: false, finalResponse: null, error: `ROOT failure: ${verdict.error}` };
    case 'stopped':
      return { success: false, finalResponse: null, error: verdict.error };
    case 'cancelled':
      return { success: false, finalResponse: null, error: 'ROOT failure: no answer' };
  }
}
