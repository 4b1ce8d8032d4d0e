/** The subject of a workflow's lines in the worker's log, with the names of events (docs/events.md). */
import {
  AGENT_WORKFLOW,
  BRANCH_WORKFLOW,
  FLEET_WORKFLOW,
  PROVISION_WORKFLOW,
  RUN_WORKFLOW,
} from '../../../contract/names';

/** Fields by which a log is searched: `fleet` is a name, `agent` and `run` are full names such as `mars/AgentA`. */
export interface LogFields {
  readonly fleet?: string;
  readonly agent?: string;
  readonly run?: string;
}

/** The fields of a workflow; none for a type that belongs to several fleets. */
export function logFields(workflowType: string, workflowId: string): LogFields {
  const [, fleet, name] = workflowId.split('/');
  if (fleet === undefined) return {};
  switch (workflowType) {
    case AGENT_WORKFLOW:
      return name === undefined ? {} : { fleet, agent: `${fleet}/${name}` };
    case RUN_WORKFLOW:
    case BRANCH_WORKFLOW:
      return name === undefined ? {} : { fleet, run: `${fleet}/${name}` };
    case FLEET_WORKFLOW:
    case PROVISION_WORKFLOW:
      return { fleet };
    default:
      return {};
  }
}
