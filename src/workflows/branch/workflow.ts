/** Workflow `branch`: one branch of a run, with one agent at a time and an explicit context (docs/coordination.md, "Branches and barriers"). */
import { CancellationScope, allHandlersFinished, condition, continueAsNew } from '@temporalio/workflow';
import { branchWorkflowId } from '../../contract/names';
import { type BranchEnd, type BranchWorkflow, parseBranchInput, toWire } from '../../rules/run/branch-input';
import { BRANCH_INPUT } from '../../rules/run/migrate';
import { asFailed } from '../../rules/coordination/lost';
import { type BranchLife, beginLife } from './life';
import { handleBranchMessages, showCard } from './messages';
import { createParts, runParts } from './parts';
import { createProgress } from './progress';
import { translating } from '../shared/failures';
import { migrated } from '../shared/migrated';
import { requireOwnId } from '../shared/own-id';

/** Runs a branch to its end. It fails only for an invalid input; every other end is in its result. */
export async function branch(argument: unknown): Promise<BranchEnd> {
  const current = migrated(BRANCH_INPUT, argument);
  let show = (): void => undefined;
  const life = translating(() =>
    beginLife(parseBranchInput(current, 'input'), () => {
      show();
    }),
  );
  const { fleet, run, branch: id } = life.context;
  requireOwnId(branchWorkflowId(fleet, run, id));
  const wasCancelled = cancellationFromOutside(life);
  return CancellationScope.nonCancellable(async () => {
    const progress = createProgress(life);
    const parts = createParts(life, progress, () => {
      show();
    });
    show = () => {
      showCard(parts);
    };
    handleBranchMessages(parts);
    const end = await runParts(
      parts,
      progress,
      async (carried) => {
        await quiet(life);
        const { options, paused } = life;
        return continueAsNew<BranchWorkflow>({ v: 1, options, paused, carried });
      },
      (ended) =>
        wasCancelled() && ended.outcome === 'abandoned' ? asFailed(ended, `branch ${id} was cancelled`) : ended,
    );
    await quiet(life);
    return toWire(end, life.context);
  });
}

/** Waits until every signal has been acknowledged and every handler has ended. */
function quiet({ outbox, pacer }: BranchLife): Promise<void> {
  return condition(() => outbox.pending() + pacer.pending() === 0 && allHandlersFinished());
}

/** Whether the branch was cancelled from outside. Its parent stops it by a signal, so a cancellation has another source. */
function cancellationFromOutside({ stop, supervisor }: BranchLife): () => boolean {
  let isCancelled = false;
  CancellationScope.current().cancelRequested.catch(() => {
    isCancelled = stop.reason() === null;
    supervisor.attempt('stop after a cancellation', () => {
      stop.stop('cancelled');
    });
  });
  return () => isCancelled;
}
