/**
 * `drover/testing`: tests of agents and fleets in jest, vitest or node:test, on a server that skips
 * time (docs/testing.md).
 *
 * @example
 * ```ts
 * import { final, script, testFleet } from 'drover/testing';
 *
 * const t = await testFleet({ file: 'fleet.yaml', agents: { Writer: script(final('draft')) } });
 * const { finalResponse } = await t.run('Write a page');
 * await t.close();
 * ```
 */
export { ask, fail, final, invoke } from '../agent/replies';
export type { TurnHandler } from '../agent/turn-memory';
export type {
  Invocation,
  MemoryEntry,
  SourceFailure,
  SourceResult,
  TurnInput,
  TurnReply,
  TurnRequest,
} from '../contract/agent/turns';
export { after, crash, endpoint, script, serve, silentAfter, slow } from './agents/definitions';
export type {
  AgentDouble,
  Beforehand,
  Behaviour,
  EndpointHandler,
  EndpointRequest,
  Handlers,
  ProcessCommand,
  Respond,
  TestAgent,
} from './agents/definitions';
export type { AppliedChange } from './apply';
export type { CredentialFault } from './credentials';
export { testFleet } from './test-fleet';
export type { CloseOptions, TestFleet, TestRun } from './fleet';
export type { Human } from './human';
export type { TestFleetOptions } from './options';
export type { AgentProblem, ProblemKind } from './problems';
export type { ResourceCall, ResourceState, WakeCall } from '../contract/activities';
export type {
  EndedInstance,
  Finding,
  HeldResource,
  LogOptions,
  Preparing,
  Provider,
  Watch,
} from '../providers/provider';
export type { FaultOptions, ProviderCall, ProviderOperation, TestProvider, TestResource } from './provider';
