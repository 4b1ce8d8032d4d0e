/**
 * `drover/workflow`: what another program needs to use Drover's workflows directly (docs/temporal.md).
 * It works in any process with `@temporalio/client`, and inside the bundle of a user's own workflows:
 * it loads no worker, no validation library and nothing of Node.
 *
 * @example
 * ```ts
 * import { Client } from '@temporalio/client';
 * import { agentUpdates, agentWorkflowId } from 'drover/workflow';
 *
 * const agent = new Client().workflow.getHandle(agentWorkflowId('mars', 'AgentA'));
 * await agent.executeUpdate(agentUpdates.pause, { args: [{ reason: 'lunch' }] });
 * ```
 */
export {
  AGENT_WORKFLOW,
  agentWorkflowId,
  BRANCH_WORKFLOW,
  branchWorkflowId,
  DEFAULT_QUEUE_PREFIX,
  FLEET_HOLD,
  FLEET_WORKFLOW,
  fleetWorkflowId,
  LEASE_WORKFLOW,
  leaseWorkflowId,
  NAME_PATTERN,
  NOTIFY_WORKFLOW,
  notifyWorkflowId,
  OPERATOR_HOLD,
  POOL_WORKFLOW,
  poolWorkflowId,
  PROVISION_WORKFLOW,
  provisionPartId,
  provisionWorkflowId,
  queues,
  RETIRE_HOLD,
  RUN_WORKFLOW,
  runWorkflowId,
  SEARCH_ATTRIBUTES,
  SUBSCRIPTION_HOLD,
  type LeaseName,
} from '../contract/names';
export {
  keywords,
  type KeyOf,
  type KeywordName,
  type SearchAttributeKeys,
  type SearchAttributeTable,
  type SDK_TYPES,
  type KeywordPair,
  searchAttributeKeys,
} from '../contract/search-attributes';
export { DroverError, ERRORS, type ErrorBody, type ErrorCode, type ErrorKind, isErrorCode } from '../contract/errors';

export { agentSignals, agentUpdates, allocationGranted, describeAgent } from '../contract/agent/messages';
export {
  agentReported,
  describeChange,
  describeFleet,
  fleetSignals,
  fleetUpdates,
  provisionSignals,
  provisionUpdates,
} from '../contract/fleet/messages';
export { describeLease, renewLease } from '../contract/lease/messages';
export { describePool, poolSignals, poolUpdates } from '../contract/pool/messages';
export { branchSignals, describeBranch, describeRun, runSignals, runUpdates } from '../contract/run/messages';

export type * from '../contract/agent';
export type * from '../contract/agent/subscription';
export type * from '../contract/agent/turns';
export type * from '../contract/event';
export type * from '../contract/fleet';
export type * from '../contract/fleet/compensation';
export type * from '../contract/fleet/topology';
export type * from '../contract/lease';
export type * from '../contract/pool';
export type * from '../contract/run';
export type * from '../contract/run/barrier';
export type * from '../contract/run/script';
export type * from './types';

export { runTask, type RunTaskOptions } from './run-task';
export { signalAgent } from './signal-agent';
