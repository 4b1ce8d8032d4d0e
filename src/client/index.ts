/** The package's entry: `DroverClient`, its options, and the shapes of what it returns. */
export { DroverClient, type DroverClientOptions } from './drover-client';
export type { Agents, AgentFilter, AskedAgent, CommandCallOptions } from './agents';
export type { RunningAgent } from './agent-items';
export type { Fleets, ChangeCallOptions, FollowOptions } from './fleets';
export type { FollowRunOptions, Runs, RunRequest } from './runs';
export type { Pools } from './pools';
export type { Events, Observed, ObserveOptions, WatchOptions } from './events';
export type { CallOptions, RequestOptions } from './temporal/calls';
export type { ConnectionSettings } from './temporal/connection';
export type { AgentRef, RunRef } from './temporal/subject';
export type { Page, PageOptions } from './temporal/visibility';
export { DroverError, ERRORS, type ErrorBody, type ErrorCode } from '../contract/errors';
export type * from '../contract/agent';
export type { DroverEvent, EventType } from '../contract/event';
export type * from '../contract/fleet';
export type * from '../contract/pool';
export type * from '../contract/run';
export type * from '../contract/topology';
