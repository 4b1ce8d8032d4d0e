/** Counts over all fleets from Temporal's visibility store: a fixed number of calls, however many agents exist. */
import { type AgentStatus, AGENT_STATUSES, LIVENESSES, type Liveness } from '../contract/agent';
import { AGENT_WORKFLOW, FLEET_WORKFLOW, PROVISION_WORKFLOW, RUN_WORKFLOW } from '../contract/names';
import { RUN_STATES, type RunState } from '../contract/run';
import { inParallel } from '../lib/in-parallel';
import { isTerminated } from '../rules/agent/lifecycle';
import { livenessConditions, statusConditions } from './agents/agent-items';
import { stateConditions } from './runs/run-items';
import type { CallOptions } from './temporal/call-options';
import type { Calls } from './temporal/calls';
import { countWorkflows, equals } from './temporal/visibility';

/** How many agents, fleets, runs and running changes the server knows. */
export interface Counts {
  readonly agents: readonly { readonly status: AgentStatus; readonly liveness: Liveness; readonly count: number }[];
  readonly fleets: number;
  readonly runs: readonly { readonly state: RunState; readonly count: number }[];
  readonly changes: number;
  /** Runs that wait for an answer of a person. */
  readonly waiting: number;
}

/** Calls at a time: the store answers each in milliseconds, and other callers need it too. */
const AT_ONCE = 4;

/** Counts everything. Eventually consistent, and each number is of its own moment. */
export async function countAll(calls: Calls, options: CallOptions = {}): Promise<Counts> {
  const ask = (type: string, conditions: readonly string[]): Promise<number> =>
    countWorkflows(calls, [equals('WorkflowType', type), ...conditions], options);
  const open = [equals('ExecutionStatus', 'Running')];
  const pairs = AGENT_STATUSES.filter((status) => !isTerminated({ status })).flatMap((status) =>
    LIVENESSES.map((liveness) => ({ status, liveness })),
  );
  const waits = [...open, 'DroverWaiting IS NOT NULL'];
  const [agents, runs, [fleets = 0, changes = 0], waiting] = await Promise.all([
    inParallel(pairs, AT_ONCE, async ({ status, liveness }) => ({
      status,
      liveness,
      count: await ask(AGENT_WORKFLOW, [...statusConditions(status), ...livenessConditions(liveness)]),
    })),
    inParallel(RUN_STATES, 1, async (state) => ({ state, count: await ask(RUN_WORKFLOW, stateConditions(state)) })),
    inParallel([FLEET_WORKFLOW, PROVISION_WORKFLOW], 1, (type) => ask(type, open)),
    ask(RUN_WORKFLOW, waits),
  ]);
  return { agents, fleets, runs, changes, waiting };
}
