/** The branch that runs within the workflow of its run (decision 41). */
import type { Topology } from '../topology/topology';

/** The id of the first branch of a run. */
const FIRST = '0';

/** Whether a branch of the run is the only one that `Start` leads to. Those of a fan-out have workflows of their own. */
export function runsWithinRun({ successors }: Topology, branch: string): boolean {
  return branch === FIRST && successors['Start']?.length === 1;
}
