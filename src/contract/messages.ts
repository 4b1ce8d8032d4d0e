/**
 * Message definitions: the only file of the contract that knows Temporal. A handler gets `unknown`, because whoever sends is not
 * ours to trust (every argument is parsed by rules/); a sender is typed by the definition.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type {
  AgentConfiguration,
  AgentReport,
  AgentView,
  CheckReported,
  CommandResult,
  Heartbeat,
  HoldOptions,
  PauseOptions,
  ReleaseOptions,
  RestartOptions,
  ResumeOptions,
  StartOptions,
  StopOptions,
  TerminateOptions,
} from './agent';
import type {
  AgentGone,
  ApplyRequest,
  ApplyResult,
  CancelOrder,
  CancelRequest,
  ChangeView,
  DestroyRequest,
  FleetView,
  HoldsChanged,
  PoolGone,
} from './fleet';
import type {
  AllocationGranted,
  AllocationRejected,
  AllocationRequested,
  FailureObserved,
  PoolConfiguration,
  PoolLeft,
  PoolView,
} from './pool';
import type { AnswerGiven, BranchesChanged, BranchView, QuestionAsked, RunView, StopRequested } from './run';
import type { FailureReport } from './agent/subscription';
import type { TurnAnswered, TurnRef, TurnRequested } from './agent/turns';

/** Every entity's read. */
export const DESCRIBE = 'describe';
export const describeAgent = defineQuery<AgentView>(DESCRIBE);
export const describeFleet = defineQuery<FleetView>(DESCRIBE);
export const describeChange = defineQuery<ChangeView>(DESCRIBE);
export const describePool = defineQuery<PoolView>(DESCRIBE);
export const describeRun = defineQuery<RunView>(DESCRIBE);
export const describeBranch = defineQuery<BranchView>(DESCRIBE);

/** The agent's commands as updates: the caller hears "no". */
export const agentUpdates = {
  pause: defineUpdate<CommandResult, [PauseOptions]>('pause'),
  resume: defineUpdate<CommandResult, [ResumeOptions]>('resume'),
  stop: defineUpdate<CommandResult, [StopOptions]>('stop'),
  start: defineUpdate<CommandResult, [StartOptions]>('start'),
  restart: defineUpdate<CommandResult, [RestartOptions]>('restart'),
  terminate: defineUpdate<CommandResult, [TerminateOptions]>('terminate'),
  hold: defineUpdate<CommandResult, [HoldOptions]>('hold'),
  release: defineUpdate<CommandResult, [ReleaseOptions]>('release'),
  reportFailure: defineUpdate<CommandResult, [FailureReport]>('reportFailure'),
  configure: defineUpdate<CommandResult, [AgentConfiguration]>('configure'),
} as const;

/** Facts told to an agent, and pause and resume again for services that only fire and forget. */
export const agentSignals = {
  heartbeat: defineSignal<[Heartbeat]>('heartbeat'),
  pause: defineSignal<[PauseOptions]>('pause'),
  resume: defineSignal<[ResumeOptions]>('resume'),
  reportFailure: defineSignal<[FailureReport]>('reportFailure'),
  checkReported: defineSignal<[CheckReported]>('checkReported'),
  turnRequested: defineSignal<[TurnRequested]>('turnRequested'),
  turnWithdrawn: defineSignal<[TurnRef]>('turnWithdrawn'),
} as const;

export const fleetUpdates = {
  apply: defineUpdate<ApplyResult, [ApplyRequest]>('apply'),
  destroy: defineUpdate<ApplyResult, [DestroyRequest]>('destroy'),
  pause: defineUpdate<FleetView, [{ reason?: string; requestId?: string; wait?: boolean }]>('pause'),
  resume: defineUpdate<FleetView, [{ requestId?: string; wait?: boolean }]>('resume'),
  cancel: defineUpdate<ChangeView, [CancelRequest]>('cancel'),
  compensate: defineUpdate<FleetView, [{ attempt: number; revision: number; requestId?: string }]>('compensate'),
} as const;

/** Facts told to a fleet. */
export const fleetSignals = {
  agentGone: defineSignal<[AgentGone]>('agentGone'),
  poolGone: defineSignal<[PoolGone]>('poolGone'),
} as const;

export const provisionUpdates = {
  cancel: defineUpdate<ChangeView, [CancelOrder]>('cancel'),
} as const;

/** Facts told to a change that runs. */
export const provisionSignals = {
  holdsChanged: defineSignal<[HoldsChanged]>('holdsChanged'),
  cancelRequested: defineSignal<[CancelOrder]>('cancelRequested'),
} as const;

/** An agent that settled tells the change that waits for it. */
export const agentReported = defineSignal<[AgentReport]>('agentReported');

export const runUpdates = {
  pause: defineUpdate<RunView, [{ requestId?: string }]>('pause'),
  resume: defineUpdate<RunView, [{ requestId?: string }]>('resume'),
  cancel: defineUpdate<RunView, [{ reason?: string; requestId?: string }]>('cancel'),
  answer: defineUpdate<RunView, [{ value: unknown; question?: unknown; requestId?: string }]>('answer'),
} as const;

export const runSignals = {
  questionAsked: defineSignal<[QuestionAsked]>('questionAsked'),
  questionWithdrawn: defineSignal<[{ questionId: string }]>('questionWithdrawn'),
  branchSuspended: defineSignal<[{ branch: string }]>('branchSuspended'),
  branchResumed: defineSignal<[{ branch: string }]>('branchResumed'),
  branchesChanged: defineSignal<[BranchesChanged]>('branchesChanged'),
} as const;

export const branchSignals = {
  turnAnswered: defineSignal<[TurnAnswered]>('turnAnswered'),
  turnSuspended: defineSignal<[TurnRef]>('turnSuspended'),
  turnResumed: defineSignal<[TurnRef]>('turnResumed'),
  answerGiven: defineSignal<[AnswerGiven]>('answerGiven'),
  stopRequested: defineSignal<[StopRequested]>('stopRequested'),
} as const;

export const poolUpdates = {
  configure: defineUpdate<PoolView, [PoolConfiguration & { requestId?: string }]>('configure'),
  reset: defineUpdate<PoolView, [{ credential?: string; requestId?: string }]>('reset'),
  leave: defineUpdate<PoolView, [PoolLeft & { requestId?: string }]>('leave'),
} as const;

/** Between agents and their pool. The receiver deduplicates by `requestId`. */
export const poolSignals = {
  failureObserved: defineSignal<[FailureObserved]>('failureObserved'),
  allocationRequested: defineSignal<[AllocationRequested]>('allocationRequested'),
  allocationRejected: defineSignal<[AllocationRejected]>('allocationRejected'),
  agentGone: defineSignal<[{ agent: string }]>('agentGone'),
} as const;
export const allocationGranted = defineSignal<[AllocationGranted]>('allocationGranted');
