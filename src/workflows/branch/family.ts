/** The branches that a run or a branch has started: child workflows with an explicit context (docs/coordination.md, "Branches and barriers"). */
import {
  CancelledFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { type ChildWorkflowHandle, startChild } from '@temporalio/workflow';
import { branchSignals } from '../../contract/run/messages';
import { BRANCH_WORKFLOW, branchWorkflowId } from '../../contract/names';
import type { LiveBranchRecord, StopRequested } from '../../contract/run';
import { keywords } from '../../contract/search-attributes';
import {
  type BranchEnd,
  type BranchInput,
  type BranchLog,
  type BranchOptions,
  type BranchTimes,
  type TracedTurn,
  MOST_RETURNED_BYTES,
  type BranchWorkflow,
} from '../../rules/run/branch-input';
import type { BranchHandle } from '../../rules/coordination/effects';
import { abandonedBranch, lostBranch } from '../../rules/coordination/lost';
import type { BranchContext, BranchResult } from '../../rules/coordination/state';
import { jsonBytes } from '../../rules/lib/json-bytes';
import { topologyWithin } from '../../rules/topology/within';
import type { Outbox } from '../shared/outbox';
import { type Pacer, createPacer } from '../shared/pacer';
import { signalActivities } from '../activities';
import { isHistoryFull } from '../shared/continue-as-new';
import type { Supervisor } from '../shared/supervise';
import { startTimer } from '../shared/timer';
import { isoNow } from '../shared/iso-now';
import { untilOr } from '../shared/until';

/** How long a run waits for a cancelled branch; a level further down less, so that the one that hangs is the one that is named. */
const PATIENCE_MS = 60_000;
const PATIENCE_PER_LEVEL = 0.8;

/** How soon a branch is started again whose id is still that of a former one; then twice as long each time. */
const FORMER_FIRST_MS = 1_000;
const FORMER_MOST_MS = 60_000;

/** The server fails the task of a workflow with more than 2,000 open children, for ever. */
const MOST_OPEN = 1_000;

/** What a family needs of the workflow that it belongs to. */
export interface FamilyOf {
  readonly options: BranchOptions;
  readonly outbox: Outbox;
  /** Shared by all that the workflow emits: signals, and starts of branches. */
  readonly pacer: Pacer;
  readonly supervisor: Supervisor;
  /** Whether what is started now shall wait for a `continue`. */
  isPaused(): boolean;
  /** Hears of every branch that starts or ends. */
  onChange(record: LiveBranchRecord, result: BranchResult | null): void;
}

export interface Family {
  start(context: BranchContext): BranchHandle;
  /** Tells every branch that is open to pause or to go on. */
  tell(stop: StopRequested): void;
  /** Branches that have not ended. */
  open(): number;
  /** Of the branches that have ended, and of all below them. */
  log(): BranchLog;
}

interface Member {
  readonly context: BranchContext;
  readonly workflowId: string;
  readonly startedAt: string;
  state: 'queued' | 'started' | 'ended';
  /** Why it has been cancelled. */
  reason: string | null;
  toldToPause: boolean;
}

type Child = ChildWorkflowHandle<BranchWorkflow>;

/** One per run or branch. */
export function createFamily(of: FamilyOf): Family {
  const { options, outbox, pacer, supervisor } = of;
  const members = new Map<string, Member>();
  const times: BranchTimes[] = [];
  const trace: TracedTurn[] = [];
  const room = createPacer(MOST_OPEN);

  async function live(member: Member, giveUp: Promise<BranchEnd>): Promise<BranchResult> {
    const end = await room.through(0, () => endOf(member, giveUp));
    member.state = 'ended';
    members.delete(member.context.branch);
    times.push(...end.times);
    trace.push(...end.trace);
    supervisor.attempt('take in a branch', () => of.onChange(recordOf(member, end.result), end.result));
    return end.result;
  }

  async function endOf(member: Member, giveUp: Promise<BranchEnd>): Promise<BranchEnd> {
    const { context } = member;
    const bytes = jsonBytes(inputFor(context));
    if (bytes > MOST_RETURNED_BYTES) {
      const limit = `at most ${String(MOST_RETURNED_BYTES)} are allowed`;
      return bare(
        member,
        lostBranch(
          context,
          `LimitReached: the context of branch ${context.branch} is ${String(bytes)} bytes, ${limit}`,
        ),
      );
    }
    if (isHistoryFull(options.mostEvents ?? undefined)) {
      return bare(
        member,
        lostBranch(context, `LimitReached: branch ${context.branch} is one too many for one workflow`),
      );
    }
    try {
      const child = await started(member, bytes);
      if (child === null) return bare(member, abandonedBranch(context, member.reason ?? 'no longer needed'));
      return await Promise.race([child.result(), giveUp]);
    } catch (error) {
      return bare(member, lostBranch(context, `branch ${context.branch} (${context.agent}) ${howItWasLost(error)}`));
    }
  }

  /**
   * Its id may still be that of a branch of before a reset of this workflow, which goes on without a parent: that one is waited for, and
   * what its agents have answered, they answer again. Any other workflow under its id is a stranger, which may never end: then the branch
   * is lost. Null: it has been cancelled by then.
   */
  async function started(member: Member, bytes: number): Promise<Child | null> {
    for (let waitMs = FORMER_FIRST_MS; ; waitMs = Math.min(2 * waitMs, FORMER_MOST_MS)) {
      try {
        return await pacer.through(bytes, () => begin(member));
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        if (!(await signalActivities().isBranch({ workflowId: error.workflowId }))) throw error;
      }
      // A pause and a cancellation reach it all the same.
      member.state = 'started';
      const { branch: id } = member.context;
      await untilOr(() => member.reason !== null, waitMs, `branch ${id} of before a reset is expected to end`);
    }
  }

  /** Starts it, unless it has been cancelled while it waited; what it has missed meanwhile it is told at once. */
  async function begin(member: Member): Promise<Child | null> {
    if (member.reason !== null) return null;
    const { context, workflowId } = member;
    const input = inputFor(context);
    member.toldToPause = input.paused;
    const child = await startChild<BranchWorkflow>(BRANCH_WORKFLOW, {
      workflowId,
      args: [input],
      parentClosePolicy: 'REQUEST_CANCEL',
      typedSearchAttributes: keywords({ DroverFleet: context.fleet }),
      staticSummary: `${context.fleet}/${context.run} ${context.branch}: ${context.agent}`,
    });
    member.state = 'started';
    catchUp(member);
    return child;
  }

  function inputFor(context: BranchContext): BranchInput {
    return { v: 1, options, paused: of.isPaused(), context };
  }

  function catchUp(member: Member): void {
    if (member.reason !== null) send(member, { kind: 'cancel', reason: member.reason });
    else if (member.toldToPause !== of.isPaused()) send(member, { kind: of.isPaused() ? 'pause' : 'continue' });
  }

  function send(member: Member, stop: StopRequested): void {
    member.toldToPause = stop.kind === 'pause';
    outbox.tell(member.workflowId, branchSignals.stopRequested, stop);
  }

  return {
    start(context) {
      const { fleet, run, branch: id } = context;
      const member: Member = {
        context: { ...context, topology: topologyWithin(context.topology, context.waiting, context.agent) },
        workflowId: branchWorkflowId(fleet, run, id),
        startedAt: isoNow(),
        state: 'queued',
        reason: null,
        toldToPause: false,
      };
      members.set(id, member);
      of.onChange(recordOf(member, null), null);
      let giveUp: (end: BranchEnd) => void = () => undefined;
      const givenUp = new Promise<BranchEnd>((resolve) => (giveUp = resolve));
      let cancelTimer: () => void = () => undefined;
      const result = live(member, givenUp).finally(() => {
        cancelTimer();
      });
      return {
        result,
        cancel(reason) {
          if (member.reason !== null || member.state === 'ended') return;
          member.reason = reason;
          if (member.state === 'started') catchUp(member);
          cancelTimer = startTimer(
            supervisor,
            PATIENCE_MS * PATIENCE_PER_LEVEL ** context.waiting.length,
            () => {
              giveUp(bare(member, abandonedBranch(context, `${reason}; it did not say how it ended`)));
            },
            `branch ${id} is expected to end`,
          );
        },
      };
    },
    tell(stop) {
      for (const member of members.values()) if (member.state === 'started') send(member, stop);
    },
    open: () => members.size,
    log: () => ({ times, trace }),
  };
}

/** The end of a branch that told nothing of itself. */
function bare(member: Member, result: BranchResult): BranchEnd {
  const { context, startedAt } = member;
  return { result, times: [{ id: context.branch, startedAt, endedAt: isoNow() }], trace: [] };
}

function recordOf({ context, startedAt }: Member, result: BranchResult | null): LiveBranchRecord {
  const { branch: id, parent, agent } = context;
  const ended = result?.branches.find((record) => record.id === id);
  if (ended) return { ...ended, startedAt, endedAt: isoNow() };
  return { id, parent, agents: [agent], turns: 0, outcome: 'running', error: null, startedAt, endedAt: null };
}

function howItWasLost(error: unknown): string {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof TerminatedFailure) return 'was terminated';
  if (cause instanceof CancelledFailure) return 'was cancelled';
  return `was lost: ${cause instanceof Error ? cause.message : 'for an unknown reason'}`;
}
