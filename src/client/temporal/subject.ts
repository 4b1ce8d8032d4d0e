/** What a call is about: its workflow, and what it is called when it does not exist. */
import type { ErrorCode } from '../../contract/errors';
import {
  agentWorkflowId,
  fleetWorkflowId,
  poolWorkflowId,
  provisionWorkflowId,
  runWorkflowId,
} from '../../contract/names';

/** One workflow as people know it. */
export interface Subject {
  readonly workflowId: string;
  readonly kind: 'agent' | 'fleet' | 'change' | 'run' | 'pool' | 'workflow';
  readonly name: string;
  readonly notFound: ErrorCode;
}

/** Where an agent is: `fleet/agent`. */
export interface AgentRef {
  readonly fleet: string;
  readonly agent: string;
}

/** Where a run is: `fleet/run`. */
export interface RunRef {
  readonly fleet: string;
  readonly run: string;
}

export function agentSubject({ fleet, agent }: AgentRef): Subject {
  return {
    workflowId: agentWorkflowId(fleet, agent),
    kind: 'agent',
    name: `${fleet}/${agent}`,
    notFound: 'AgentNotFound',
  };
}

export function fleetSubject(fleet: string): Subject {
  return { workflowId: fleetWorkflowId(fleet), kind: 'fleet', name: fleet, notFound: 'FleetNotFound' };
}

/** One change of a fleet, carried out by its provision workflow. */
export function changeSubject(fleet: string, revision: number): Subject {
  return {
    workflowId: provisionWorkflowId(fleet, revision),
    kind: 'change',
    name: `${fleet} revision ${String(revision)}`,
    notFound: 'FleetNotFound',
  };
}

export function runSubject({ fleet, run }: RunRef): Subject {
  return { workflowId: runWorkflowId(fleet, run), kind: 'run', name: `${fleet}/${run}`, notFound: 'RunNotFound' };
}

export function poolSubject(pool: string): Subject {
  return { workflowId: poolWorkflowId(pool), kind: 'pool', name: pool, notFound: 'PoolNotFound' };
}

/** Whatever it is, known by its workflow alone. */
export function workflowSubject(workflowId: string): Subject {
  return { workflowId, kind: 'workflow', name: workflowId, notFound: 'NotFound' };
}
