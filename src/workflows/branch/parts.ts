/** The parts of one branch, and its course from the first turn to the end: in a workflow of its own, or within that of its run. */
import { runSignals } from '../../contract/run/messages';
import { runWorkflowId } from '../../contract/names';
import type { BranchEnd } from '../../rules/run/branch-input';
import { runBranch } from '../../rules/coordination/branch';
import type { BranchResult } from '../../rules/coordination/state';
import { createEffects, type Leave } from './effects';
import { createFamily } from './family';
import type { BranchLife } from './life';
import type { BranchParts } from './messages';
import type { BranchProgress } from './progress';
import { createQuestions } from './questions';
import { createTurns } from './turns';
import { createWatch } from './watch';
import { isoNow } from '../shared/iso-now';

/** Creates the parts. `show` shows what has changed. */
export function createParts(life: BranchLife, progress: BranchProgress, show: () => void): BranchParts {
  const { context, options, outbox, pacer, supervisor } = life;
  const run = runWorkflowId(context.fleet, context.run);
  const watch = createWatch(life);
  const turns = createTurns(life, (suspension) => {
    const { branchSuspended, branchResumed } = runSignals;
    const { branch: id } = context;
    if (suspension === null) outbox.tell(run, branchResumed, { branch: id });
    else
      outbox.tell(run, branchSuspended, {
        branch: id,
        ...(suspension.why === undefined ? {} : { why: suspension.why }),
      });
  });
  const family = createFamily({
    options,
    outbox,
    pacer,
    supervisor,
    isPaused: () => life.paused,
    onChange(record) {
      progress.tell(watch.record(family.open() > 0 ? 'waiting' : 'running'), record);
    },
  });
  return { life, watch, turns, family, questions: createQuestions(life), show };
}

/**
 * Runs the branch to its end, which `asEnded` may correct. `leave` is called between two turns when the history of the workflow is long; it
 * never returns.
 */
export async function runParts(
  parts: BranchParts,
  progress: BranchProgress,
  leave: Leave,
  asEnded: (result: BranchResult) => BranchResult = (result) => result,
): Promise<BranchEnd> {
  const { life, watch } = parts;
  const { effects, log } = createEffects(parts, progress, leave);
  const result = asEnded(await runBranch(life.start, effects));
  watch.ended(result);
  parts.show();
  const { times, trace } = log();
  const own = { id: life.context.branch, startedAt: life.startedAt, endedAt: isoNow() };
  return { result, times: [own, ...times], trace };
}
