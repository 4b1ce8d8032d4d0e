/**
 * The messages of a fleet and of its changes. A handler receives `unknown`, because any caller may
 * send them: rules/ parses every argument. The definition types the sender.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { DESCRIBE } from '../names';
import type { AgentReport } from '../agent';
import type {
  AgentGone,
  ApplyRequest,
  ApplyResult,
  CancelOrder,
  CancelRequest,
  ChangeView,
  CompensateRequest,
  DestroyRequest,
  FleetHoldRequest,
  FleetView,
  HoldsChanged,
  PoolGone,
  RunNamed,
  ScaleRequest,
  UsageLeft,
} from './index';

/** The query for a fleet's view. */
export const describeFleet = defineQuery<FleetView>(DESCRIBE);

/** The query for a change's view, of its `provision` workflow. */
export const describeChange = defineQuery<ChangeView>(DESCRIBE);

/** The updates of a fleet. */
export const fleetUpdates = {
  apply: defineUpdate<ApplyResult, [ApplyRequest]>('apply'),
  scale: defineUpdate<ApplyResult, [ScaleRequest]>('scale'),
  destroy: defineUpdate<ApplyResult, [DestroyRequest]>('destroy'),
  pause: defineUpdate<FleetView, [FleetHoldRequest]>('pause'),
  resume: defineUpdate<FleetView, [Omit<FleetHoldRequest, 'reason'>]>('resume'),
  cancel: defineUpdate<ChangeView, [CancelRequest]>('cancel'),
  compensate: defineUpdate<FleetView, [CompensateRequest]>('compensate'),
  nameRun: defineUpdate<null, [RunNamed]>('nameRun'),
} as const;

/** Signals to a fleet. */
export const fleetSignals = {
  agentGone: defineSignal<[AgentGone]>('agentGone'),
  poolGone: defineSignal<[PoolGone]>('poolGone'),
  usageLeft: defineSignal<[UsageLeft]>('usageLeft'),
} as const;

/** The updates of a change. */
export const provisionUpdates = {
  cancel: defineUpdate<ChangeView, [CancelOrder]>('cancel'),
} as const;

/** Signals to a running change. */
export const provisionSignals = {
  holdsChanged: defineSignal<[HoldsChanged]>('holdsChanged'),
  cancelRequested: defineSignal<[CancelOrder]>('cancelRequested'),
} as const;

/** Signal of a settled agent to the change that waits for it. */
export const agentReported = defineSignal<[AgentReport]>('agentReported');
