/**
 * The branch of a run whose `Start` leads to one agent: it runs within the run's workflow, which saves a workflow and its messages
 * (decision 41). When the history gets long, it moves to a workflow of its own between two turns.
 */
import { defineSignal, setHandler } from '@temporalio/workflow';
import { branchSignals, describeRoot } from '../../contract/run/messages';
import { branchWorkflowId } from '../../contract/names';
import type { BranchContext } from '../../rules/coordination/state';
import type { BranchEnd, BranchInput, CarriedBranch } from '../../rules/run/branch-input';
import { runsWithinRun } from '../../rules/run/root';
import { beginIn } from '../branch/life';
import { branchDoors, type BranchParts, branchViewOf } from '../branch/messages';
import { createParts, runParts } from '../branch/parts';
import type { BranchProgress } from '../branch/progress';
import type { Door, Doors } from '../shared/messages/receive';
import type { RunLife } from './life';

/** The signals of agents: they come to the run while the branch is within its workflow. */
const OF_AGENTS = [branchSignals.turnAnswered, branchSignals.turnSuspended, branchSignals.turnResumed];

/** The branch within the run's workflow. */
export interface RootBranch {
  /** See `FamilyOf.within`. */
  readonly within: (context: BranchContext, input: BranchInput) => Promise<BranchEnd | CarriedBranch> | undefined;
}

/** Thrown through the rules, which pass on what they do not know: the branch moves to a workflow of its own. */
class Moved extends Error {
  override readonly name = 'Moved';
  readonly carried: CarriedBranch;

  constructor(carried: CarriedBranch) {
    super('the branch moves to a workflow of its own');
    this.carried = carried;
  }
}

/** Registers the signals of agents to the branch, and the query. Create one per run. */
export function createRoot(life: RunLife): RootBranch {
  let parts: BranchParts | null = null;
  let doors: Doors | null = null;
  const progress: BranchProgress = {
    tell(...records) {
      life.learn(records);
    },
  };

  for (const { name } of OF_AGENTS) {
    const door: Door = (argument) => {
      if (doors !== null) return doors.get(name)?.(argument);
      life.ignore(name, 'no branch runs within the workflow of this run');
      return undefined;
    };
    setHandler(defineSignal<[unknown]>(name), door);
    life.hear(name, door);
  }
  setHandler(describeRoot, () => parts && branchViewOf(parts), {
    description: 'Returns the branch that runs within the workflow of the run, or null',
  });

  async function course(begun: BranchParts, workflowId: string): Promise<BranchEnd | CarriedBranch> {
    try {
      return await runParts(begun, progress, (carried) => {
        throw new Moved(carried);
      });
    } catch (error) {
      if (error instanceof Moved) return error.carried;
      throw error;
    } finally {
      parts = null;
      life.receivers.delete(workflowId);
    }
  }

  return {
    within({ fleet, run, branch }, input) {
      if (!runsWithinRun(life.topology, branch)) return undefined;
      const workflowId = branchWorkflowId(fleet, run, branch);
      parts = createParts(beginIn(life, input), progress, () => {
        life.changed();
      });
      doors = branchDoors(parts, life.ignore);
      life.receivers.set(workflowId, doors);
      return course(parts, workflowId);
    },
  };
}
