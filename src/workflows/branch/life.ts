/** What the parts of a branch's workflow have in common, for as long as this run of it lasts. */
import { workflowInfo } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import type { BranchInput, BranchLog, BranchOptions } from '../../rules/run/branch-input';
import { type BranchContext, type BranchState, beginBranch } from '../../rules/coordination/state';
import { type Ignored, NOTHING_IGNORED } from '../../rules/lib/troubles';
import { type Stop, createStop } from '../../rules/coordination/stop';
import { type Outbox, createOutbox, withinTheTask } from '../shared/outbox';
import { type Pacer, createPacer } from '../shared/pacer';
import { type Supervisor, createSupervisor } from '../shared/supervise';
import { isoNow } from '../shared/iso-now';

export interface BranchLife {
  readonly workflowId: string;
  readonly context: BranchContext;
  readonly options: BranchOptions;
  readonly outbox: Outbox;
  /** Shared by all that the workflow emits: signals, and starts of branches. */
  readonly pacer: Pacer;
  readonly supervisor: Supervisor;
  /** Messages that changed nothing. */
  ignored: Ignored;
  /** Where this run of the workflow began. */
  readonly start: BranchState;
  readonly startedAt: string;
  /** What earlier runs of the workflow logged. */
  readonly log: BranchLog;
  /** Tells it to end, at the next turn boundary or while it waits. */
  readonly stop: Stop;
  /** No turn begins while it is set. */
  paused: boolean;
}

/** `show` brings the card up to date. Begins with the context of a branch that starts, or with the state of one that has continued as new. */
export function beginLife({ options, paused, context, carried }: BranchInput, show: () => void): BranchLife {
  const start = carried?.state ?? (context === undefined ? undefined : beginBranch(context));
  if (start === undefined) throw new DroverError('InvalidRequest', 'input: expected a context, or a carried state');
  const supervisor = createSupervisor(show);
  const pacer = createPacer();
  return {
    workflowId: workflowInfo().workflowId,
    context: start.context,
    options,
    outbox: createOutbox(supervisor, withinTheTask, pacer),
    pacer,
    supervisor,
    ignored: NOTHING_IGNORED,
    start,
    startedAt: carried?.startedAt ?? isoNow(),
    log: { times: carried?.times ?? [], trace: carried?.trace ?? [] },
    stop: createStop(),
    paused,
  };
}
