/** Subjects of calls: a workflow, its name for people, and the error for when it does not exist. */
import type { ErrorCode } from '../../contract/errors';
import {
  agentWorkflowId,
  fleetWorkflowId,
  poolWorkflowId,
  provisionWorkflowId,
  runWorkflowId,
} from '../../contract/names';

/** One workflow, by the name that people know. */
export interface Subject {
  readonly workflowId: string;
  readonly kind: 'agent' | 'fleet' | 'change' | 'run' | 'pool' | 'workflow';
  readonly name: string;
  readonly notFound: ErrorCode;
}

/** The name of an agent: `fleet/agent`. */
export interface AgentRef {
  readonly fleet: string;
  readonly agent: string;
}

/** The name of a run: `fleet/run`. */
export interface RunRef {
  readonly fleet: string;
  readonly run: string;
}

/** An agent, for calls to its workflow. */
export function agentSubject({ fleet, agent }: AgentRef): Subject {
  return {
    workflowId: agentWorkflowId(fleet, agent),
    kind: 'agent',
    name: `${fleet}/${agent}`,
    notFound: 'AgentNotFound',
  };
}

/** A fleet, for calls to its workflow. */
export function fleetSubject(fleet: string): Subject {
  return { workflowId: fleetWorkflowId(fleet), kind: 'fleet', name: fleet, notFound: 'FleetNotFound' };
}

/** The subject for one change of a fleet, which its provision workflow carries out. */
export function changeSubject(fleet: string, revision: number): Subject {
  return {
    workflowId: provisionWorkflowId(fleet, revision),
    kind: 'change',
    name: `${fleet} revision ${String(revision)}`,
    notFound: 'FleetNotFound',
  };
}

/** A run, for calls to its workflow. */
export function runSubject({ fleet, run }: RunRef): Subject {
  return { workflowId: runWorkflowId(fleet, run), kind: 'run', name: `${fleet}/${run}`, notFound: 'RunNotFound' };
}

/** A pool, for calls to its workflow. */
export function poolSubject(pool: string): Subject {
  return { workflowId: poolWorkflowId(pool), kind: 'pool', name: pool, notFound: 'PoolNotFound' };
}

/** The subject for a workflow of unknown kind. */
export function workflowSubject(workflowId: string): Subject {
  return { workflowId, kind: 'workflow', name: workflowId, notFound: 'NotFound' };
}
