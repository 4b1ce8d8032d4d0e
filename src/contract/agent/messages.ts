/**
 * The messages of an agent's workflow. A handler receives `unknown`, because any caller may send
 * them: rules/ parses every argument. The definition types the sender.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ResourceCall } from '../activities';
import { DESCRIBE } from '../names';
import type { AllocationGranted } from '../pool';
import type {
  AgentConfiguration,
  AgentView,
  CheckReported,
  CommandResult,
  ForwardedHeartbeat,
  HoldOptions,
  InstanceEnded,
  PauseOptions,
  ReleaseOptions,
  RestartOptions,
  ResumeOptions,
  StartOptions,
  StopOptions,
  TerminateOptions,
} from './index';
import type { FailureReport } from './subscription';
import type { TurnRef, TurnRequested } from './turns';
import type { AgentSilent, LeaseLost } from '../lease';

/** The query for an agent's view. */
export const describeAgent = defineQuery<AgentView>(DESCRIBE);
/** The resource with its specification, for a question to its host. */
export const resourceOfAgent = defineQuery<ResourceCall & { readonly host?: string }>('resource');

/** The agent's commands as updates, so that the caller receives a refusal. */
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

/** Signals to an agent: facts, and `pause` and `resume` for services that wait for no answer. */
export const agentSignals = {
  heartbeat: defineSignal<[ForwardedHeartbeat]>('heartbeat'),
  pause: defineSignal<[PauseOptions]>('pause'),
  resume: defineSignal<[ResumeOptions]>('resume'),
  reportFailure: defineSignal<[FailureReport]>('reportFailure'),
  checkReported: defineSignal<[CheckReported]>('checkReported'),
  instanceEnded: defineSignal<[InstanceEnded]>('instanceEnded'),
  silent: defineSignal<[AgentSilent]>('silent'),
  leaseLost: defineSignal<[LeaseLost]>('leaseLost'),
  turnRequested: defineSignal<[TurnRequested]>('turnRequested'),
  turnWithdrawn: defineSignal<[TurnRef]>('turnWithdrawn'),
} as const;

/** The signal by which a pool answers a request for a credential. */
export const allocationGranted = defineSignal<[AllocationGranted]>('allocationGranted');
