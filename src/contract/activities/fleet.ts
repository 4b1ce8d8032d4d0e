/** Activities of fleets and changes on agents, pools and runs. */
import type { AgentConfiguration, AgentInput, AgentView, Hold } from '../agent';
import type { LostParts } from '../ends';
import type { NotifySpec } from '../event';
import type { SubscriptionSpec, UntoldAgent } from '../fleet';
import type { RunPlan } from '../run';

/**
 * The agent to retire: one of this incarnation with a revision up to `revision`, and from
 * `sinceRevision` on if given.
 */
export interface RetireCall {
  readonly fleet: string;
  readonly agent: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly sinceRevision?: number;
  /** `drain` lets turns in flight finish first. */
  readonly mode: 'drain' | 'freeze';
}

/** The fleet of the runs to cancel, and why. */
export interface CancelRunsCall {
  readonly fleet: string;
  readonly reason: string;
}

/** The agents and pools of a fleet, by name. */
export interface LostCall {
  readonly fleet: string;
  readonly agents: readonly string[];
  readonly pools: readonly string[];
}

/** One hold for many agents. */
export interface HoldCall {
  readonly fleet: string;
  /**
   * `isTaken`: the agent accepted the hold in an earlier round, so its current state is checked
   * first.
   */
  readonly agents: readonly { readonly agent: string; readonly isTaken: boolean }[];
  /** The request id of this round; a retry of the activity repeats the same request. */
  readonly requestId: string;
  readonly hold: Hold;
  /** True sets the hold, false releases it. */
  readonly held: boolean;
}

/** Effects on agents' workflows and runs, for the fleet and provision workflows. */
export interface FleetActivities {
  /** The worker's installation id, and the host of its process provider. */
  place(): Promise<{ installation: string; host: string }>;
  /** Starts the agent's workflow, or sends `configure` to the one that runs. */
  ensureAgent(input: AgentInput): Promise<Pick<AgentView, 'runtime'>>;
  /**
   * Terminates the agent and waits until its workflow is closed. `existed` false: no agent of these
   * revisions exists.
   */
  retireAgent(call: RetireCall): Promise<{ existed: boolean }>;
  /**
   * Lets an agent go on after its removal was broken off during its drain. `kept` false: it has ended,
   * or is ending.
   */
  keepAgent(call: RetireCall): Promise<{ readonly kept: boolean }>;
  /** Terminates the workflow of an agent that was given up, if it is still open. */
  abandonAgent(call: RetireCall & { readonly why: string }): Promise<void>;
  /**
   * Watches a change that must end, and terminates its workflow or a part of it if the workflow
   * task keeps failing. Returns when the change has ended.
   */
  giveUpUnanswered(call: { readonly workflowId: string }): Promise<void>;
  /**
   * Asks the fleet about one of its changes. `over`: the change has ended for the fleet. False also
   * if this incarnation of the fleet does not exist, because nothing is owned then.
   */
  askChange(call: {
    readonly fleet: string;
    readonly incarnation: string;
    readonly revision: number;
  }): Promise<{ readonly over: boolean }>;
  /** Finds the agents and pools without an open workflow, with the end of each. */
  findLost(call: LostCall): Promise<LostParts>;
  /** The plan that the fleet gives to a run that was started without a topology. */
  planRun(call: { readonly fleet: string }): Promise<RunPlan>;
  /** Cancels every run of a destroyed fleet and waits for their ends, up to half a minute. */
  cancelRuns(call: CancelRunsCall): Promise<void>;
  /**
   * Sets or releases a hold on every named agent, and returns those that it did not reach. Agents
   * that are gone are skipped.
   */
  setHold(call: HoldCall): Promise<{ readonly untold: readonly UntoldAgent[] }>;
}

/** The pools of a fleet file, and those that the fleet has left. */
export interface PoolsCall {
  readonly fleet: string;
  readonly pools: readonly SubscriptionSpec[];
  readonly left: readonly string[];
  readonly notify: readonly NotifySpec[];
}

/** The argument of `configure`, derived from an agent's input. */
export function configurationOf(input: AgentInput): AgentConfiguration {
  const { incarnation, revision, spec, resourceId, key, host, reportTo } = input;
  return {
    incarnation,
    revision,
    spec,
    resourceId,
    key,
    ...(host === undefined ? {} : { host }),
    ...(reportTo === undefined ? {} : { reportTo }),
  };
}
