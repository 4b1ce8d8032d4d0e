/** State that the parts of a branch's workflow share during one run of it. */
import { workflowInfo } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import type { BranchInput, BranchLog, BranchOptions } from '../../rules/run/branch-input';
import { type BranchContext, type BranchState, beginBranch } from '../../rules/coordination/state';
import { type Ignored, NOTHING_IGNORED } from '../../rules/lib/troubles';
import { type Stop, createStop } from '../../rules/coordination/stop';
import { type Outbox, createOutbox, withinTheTask } from '../shared/messages/outbox';
import { type Pacer, createPacer } from '../shared/messages/pacer';
import { type Supervisor, createSupervisor } from '../shared/supervise';
import { isoNow } from '../shared/iso-now';

/** The shared state of one branch. */
export interface BranchLife {
  /** Where its agents answer: the branch's own workflow, or that of its run. */
  readonly workflowId: string;
  readonly context: BranchContext;
  readonly options: BranchOptions;
  readonly outbox: Outbox;
  /** Shared by all signals and starts of branches of the workflow. */
  readonly pacer: Pacer;
  readonly supervisor: Supervisor;
  /** Messages without effect. */
  ignored: Ignored;
  /** Where this run of the workflow began. */
  readonly start: BranchState;
  readonly startedAt: string;
  /** The log of earlier runs of the workflow. */
  readonly log: BranchLog;
  /** Ends the branch at the next turn boundary, or while it waits. */
  readonly stop: Stop;
  /** No turn begins while this is true. */
  paused: boolean;
}

/** The parts of its workflow that a branch uses. */
export type BranchHost = Pick<BranchLife, 'workflowId' | 'outbox' | 'pacer' | 'supervisor'>;

/** Begins a branch in a workflow of its own. `show` updates the card. */
export function beginLife(input: BranchInput, show: () => void): BranchLife {
  const supervisor = createSupervisor(show);
  const pacer = createPacer();
  const outbox = createOutbox(supervisor, withinTheTask, pacer);
  return beginIn({ workflowId: workflowInfo().workflowId, outbox, pacer, supervisor }, input);
}

/** Begins with the context of a new branch, or with the state of one that has continued as new. */
export function beginIn(host: BranchHost, { options, paused, context, carried }: BranchInput): BranchLife {
  const start = carried?.state ?? (context === undefined ? undefined : beginBranch(context));
  if (start === undefined) throw new DroverError('InvalidRequest', 'input: expected "context" or "carried"');
  return {
    ...host,
    context: start.context,
    options,
    ignored: NOTHING_IGNORED,
    start,
    startedAt: carried?.startedAt ?? isoNow(),
    log: { times: carried?.times ?? [], trace: carried?.trace ?? [] },
    stop: createStop(),
    paused,
  };
}
