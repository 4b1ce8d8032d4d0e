/**
 * The versions of the inputs of `run` and `branch` workflows, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import type { RunInput } from '../../contract/run';
import { migrations } from '../lib/migrations';
import type { BranchInput } from './branch-input';

/** Reads and lifts the input of a run's workflow. */
export const RUN_INPUT = migrations<RunInput['v']>(
  'run',
  1,
  [],
  '{v: 1, fleet, run, task, topology?, services?, script?, trace?, notify?, inbox?, requestId?, by?, from?}',
);
/** Reads and lifts the input of a branch's workflow. */
export const BRANCH_INPUT = migrations<BranchInput['v']>('branch', 1, [], 'what its run sends; a person starts a run');
