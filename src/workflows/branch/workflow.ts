/** Workflow `branch`: one branch of a run, with one agent at a time and an explicit context (docs/coordination.md, "Branches and barriers"). */
import { CancellationScope } from '@temporalio/workflow';
import { runSignals } from '../../contract/run/messages';
import { branchWorkflowId, runWorkflowId } from '../../contract/names';
import { type BranchEnd, parseBranchInput, toWire } from '../../rules/run/branch-input';
import { BRANCH_INPUT } from '../../rules/run/migrate';
import { runBranch } from '../../rules/coordination/branch';
import { asFailed } from '../../rules/coordination/lost';
import { createEffects } from './effects';
import { createFamily } from './family';
import { type BranchLife, beginLife } from './life';
import { type BranchParts, handleBranchMessages, showCard } from './messages';
import { type BranchProgress, createProgress } from './progress';
import { createQuestions } from './questions';
import { createTurns } from './turns';
import { createWatch } from './watch';
import { translating } from '../shared/failures';
import { isoNow } from '../shared/iso-now';
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
  const { fleet, run, branch: branchId } = life.context;
  requireOwnId(branchWorkflowId(fleet, run, branchId));
  const wasCancelled = cancellationFromOutside(life);
  return CancellationScope.nonCancellable(async () => {
    const progress = createProgress(life);
    const parts = partsOf(life, progress);
    show = () => {
      showCard(parts);
    };
    const outside = createEffects(life, parts, progress);
    handleBranchMessages(life, parts);
    const ended = await runBranch(life.start, outside.effects);
    const { branch: id } = life.context;
    const result =
      wasCancelled() && ended.outcome === 'abandoned' ? asFailed(ended, `branch ${id} was cancelled`) : ended;
    parts.watch.ended(result);
    show();
    await outside.quiet();
    const { times, trace } = outside.log();
    const own = { id, startedAt: life.startedAt, endedAt: isoNow() };
    return toWire({ result, times: [own, ...times], trace }, life.context);
  });
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

function partsOf(life: BranchLife, progress: BranchProgress): BranchParts {
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
    onChange(record, result) {
      if (result) watch.childEnded(result);
      progress.tell(watch.record(family.open() > 0 ? 'waiting' : 'running'), record);
    },
  });
  return { life, watch, turns, family, questions: createQuestions(life) };
}
