/**
 * The package's entry: `DroverClient`, its options, and the types of its answers.
 *
 * @example
 * ```ts
 * import { DroverClient } from 'drover';
 *
 * const drover = DroverClient.connect();
 * await drover.agents.command({ fleet: 'mars', agent: 'AgentA' }, 'pause', { reason: 'lunch' });
 * await drover.close();
 * ```
 */
export { DroverClient, type DroverClientOptions } from './drover-client';
export type { Agents, AgentFilter, AskedAgent, CommandCallOptions } from './agents/agents';
export type { RunningAgent } from './agents/agent-items';
export type { Counts } from './counts';
export type { ApproveReferences, Fleets, PlanOptions } from './fleets/fleets';
export type { Unmet } from '../contract/fleet/preflight';
export type { ChangeCallOptions, FollowOptions } from './fleets/follow';
export type { FollowRunOptions, RunFilter, Runs, RunRequest } from './runs/runs';
export type { Denied, Inbox, InboxFilter, InboxList, ItemAnswerOptions, UnansweredRun } from './inbox';
export type { Audit } from './audit';
export type { AuditEntry, AuditFilter, CommandList } from '../contract/caller/audit';
export type { Pools } from './pools';
export type { Logs } from './logs';
export type { LogLine, LogPart, LogPartRequest } from '../contract/agent/log';
export type { RunTurns, TurnRecord } from '../contract/run/turn-record';
export {
  cursorOf,
  cursorTime,
  type EventFilter,
  type Feed,
  type Observed,
  type ObserveOptions,
  type WatchOptions,
} from './feed';
export type { RequestOptions } from './temporal/call-options';
export type { CallOptions } from './temporal/call-options';
export type { ConnectionSettings } from './temporal/connection';
export type { AgentRef, RunRef } from './temporal/subject';
export type { Page, PageOptions } from './temporal/visibility';
export { DroverError, ERRORS, type ErrorBody, type ErrorCode } from '../contract/errors';
export type * from '../contract/agent';
export type { OpenTurn } from '../contract/agent/open-turn';
export type { Duration } from '../contract/values/duration';
export type { EndKind, LostParts, WorkflowEnd } from '../contract/ends';
export type { DroverEvent, EventType } from '../contract/event';
export type * from '../contract/event/data';
export type { ReportedProgress } from '../contract/agent/progress';
export type { NamedOrigin, Origin } from '../contract/caller/origin';
export type { FleetFilter } from './fleets/fleet-items';
export { type ItemAnswer, type ItemExtension, ON_DEADLINE, WAITING_KINDS } from '../contract/run/inbox';
export type { Leases } from './leases';
export type * from '../contract/fleet';
export type { InboxSpec, OnDeadline, WaitingItem, WaitingKind } from '../contract/run/inbox';
export type * from '../contract/pool';
export type * from '../contract/run';
export type * from '../contract/run/barrier';
export type * from '../contract/run/script';
export type * from '../contract/fleet/topology';
export type { Trouble } from '../contract/trouble';
export type { Usage } from '../contract/usage';
