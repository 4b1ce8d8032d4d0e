/** The child branches of a run or a branch: child workflows with an explicit context (docs/coordination.md, "Branches and barriers"). */
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
  type CarriedBranch,
  type TracedTurn,
  MOST_RETURNED_BYTES,
  type BranchWorkflow,
} from '../../rules/run/branch-input';
import type { BranchHandle } from '../../rules/coordination/effects';
import { branchResult } from '../../rules/coordination/endings';
import { abandonedBranch, lostBranch } from '../../rules/coordination/lost';
import type { BranchContext, BranchResult } from '../../rules/coordination/state';
import { jsonBytes } from '../../rules/lib/json-bytes';
import { topologyWithin } from '../../rules/topology/within';
import type { Outbox } from '../shared/messages/outbox';
import { type Pacer, createPacer } from '../shared/messages/pacer';
import { signalActivities } from '../activities/messages';
import { isHistoryFull } from '../shared/continue-as-new';
import type { Supervisor } from '../shared/supervise';
import { startTimer } from '../shared/timer';
import { isoNow } from '../shared/iso-now';
import { untilOr } from '../shared/until';

/** How long a run waits for a cancelled branch. Deeper levels wait less, so that the error names the branch that hangs. */
const PATIENCE_MS = 60_000;
const PATIENCE_PER_LEVEL = 0.8;

/** The first pause before another start of a branch whose id is still in use, and the longest; the pause doubles. */
const FORMER_FIRST_MS = 1_000;
const FORMER_MOST_MS = 60_000;

/** The server fails the workflow task for ever when a workflow has more than 2,000 open children. */
const MOST_OPEN = 1_000;

/** Dependencies of a family on its workflow. */
export interface FamilyOf {
  readonly options: BranchOptions;
  readonly outbox: Outbox;
  /** Shared by all signals and starts of branches of the workflow. */
  readonly pacer: Pacer;
  readonly supervisor: Supervisor;
  /** Whether new branches must wait for a `continue`. */
  isPaused(): boolean;
  /** Called for every branch that starts or ends. */
  onChange(record: LiveBranchRecord): void;
  /**
   * Runs a branch within this workflow, if it may: until its end, or until its workflow has grown too long and the branch moves to one of
   * its own with what it carries. Undefined: the branch is a workflow of its own from the start.
   */
  within?(context: BranchContext, input: BranchInput): Promise<BranchEnd | CarriedBranch> | undefined;
}

/** The child branches of one workflow. */
export interface Family {
  start(context: BranchContext): BranchHandle;
  /** Tells every open branch to pause or to continue. */
  tell(stop: StopRequested): void;
  /** Number of open branches. */
  open(): number;
  /** The log of all ended branches and their descendants. */
  log(): BranchLog;
}

interface Member {
  readonly context: BranchContext;
  readonly workflowId: string;
  readonly startedAt: string;
  state: 'queued' | 'started' | 'ended';
  /** Why it was cancelled; null: it was not. */
  reason: string | null;
  toldToPause: boolean;
  /** Its state within this workflow, if it moves from there to one of its own. */
  carried?: CarriedBranch;
}

type Child = ChildWorkflowHandle<BranchWorkflow>;

/** Create one per run or branch. */
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
    supervisor.attempt('record the end of a branch', () => of.onChange(recordOf(member, end.result)));
    return end.result;
  }

  async function endOf(member: Member, giveUp: Promise<BranchEnd>): Promise<BranchEnd> {
    const { context } = member;
    const bytes = jsonBytes(inputFor(member));
    if (bytes > MOST_RETURNED_BYTES) {
      const limit = `at most ${String(MOST_RETURNED_BYTES)} are allowed`;
      return failedEnd(
        member,
        `LimitReached: the context of branch ${context.branch} is ${String(bytes)} bytes, ${limit}`,
      );
    }
    if (isHistoryFull(options.mostEvents ?? undefined)) {
      return failedEnd(member, `LimitReached: the history of the workflow has no room for branch ${context.branch}`);
    }
    const within = member.carried === undefined ? of.within?.(context, inputFor(member)) : undefined;
    if (within !== undefined) {
      member.state = 'started';
      const end = await Promise.race([within, giveUp]);
      if ('result' in end) return end;
      member.state = 'queued';
      member.carried = end;
      return endOf(member, giveUp);
    }
    try {
      const child = await started(member, bytes);
      if (child === null) return abandonedEnd(member, member.reason ?? 'no longer needed');
      return await Promise.race([child.result(), giveUp]);
    } catch (error) {
      return failedEnd(member, `branch ${context.branch} (${context.agent}) ${howItWasLost(error)}`);
    }
  }

  /**
   * Starts the branch. After a reset of this workflow, an earlier branch may still run under the same id without a parent: this waits for
   * its end, and its agents answer the repeated turns again. Any other workflow under this id may never end, so the branch counts as lost.
   * Null: the branch was cancelled before it started.
   */
  async function started(member: Member, bytes: number): Promise<Child | null> {
    for (let waitMs = FORMER_FIRST_MS; ; waitMs = Math.min(2 * waitMs, FORMER_MOST_MS)) {
      try {
        return await pacer.through(bytes, () => begin(member));
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        if (!(await signalActivities().isBranch({ workflowId: error.workflowId }))) throw error;
      }
      // The earlier branch receives pauses and cancellations too.
      member.state = 'started';
      const { branch: id } = member.context;
      await untilOr(() => member.reason !== null, waitMs, `wait for the earlier branch ${id}, from before a reset`);
    }
  }

  /** Starts the branch unless it was cancelled while it waited, and sends what has changed since then. */
  async function begin(member: Member): Promise<Child | null> {
    if (member.reason !== null) return null;
    const { context, workflowId } = member;
    const input = inputFor(member);
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

  function inputFor({ context, carried }: Member): BranchInput {
    return { v: 1, options, paused: of.isPaused(), ...(carried === undefined ? { context } : { carried }) };
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
      of.onChange(recordOf(member, null));
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
              giveUp(abandonedEnd(member, `${reason}; it did not say how it ended`));
            },
            `wait for the end of cancelled branch ${id}`,
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

function failedEnd(member: Member, error: string): BranchEnd {
  const { context, carried } = member;
  return unreportedEnd(member, carried ? branchResult(carried.state, 'failed', error) : lostBranch(context, error));
}

function abandonedEnd(member: Member, reason: string): BranchEnd {
  const { context, carried } = member;
  const abandoned = carried ? branchResult(carried.state, 'abandoned', reason) : abandonedBranch(context, reason);
  return unreportedEnd(member, abandoned);
}

/** The end of a branch that did not report its own. */
function unreportedEnd({ context, startedAt, carried }: Member, result: BranchResult): BranchEnd {
  const own = { id: context.branch, startedAt, endedAt: isoNow() };
  return { result, times: [own, ...(carried?.times ?? [])], trace: carried?.trace ?? [] };
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
