/** Effects of the fleet and provision workflows on the workflows of agents. Each is idempotent. */
import { inParallel } from '../../lib/in-parallel';
import { Context } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { configurationOf, type FleetActivities, type LostCall } from '../../contract/activities';
import type { AgentInput } from '../../contract/agent';
import type { Calls } from '../../client/temporal/calls';
import type { StartSpec } from '../../client/temporal/call-options';
import { endOf } from '../../client/temporal/ends';
import { agentSubject, fleetSubject, poolSubject, type Subject } from '../../client/temporal/subject';
import type { LostParts, WorkflowEnd } from '../../contract/ends';
import { DroverError, type ErrorCode } from '../../contract/errors';
import { agentUpdates } from '../../contract/agent/messages';
import { describeFleet } from '../../contract/fleet/messages';
import { AGENT_WORKFLOW, DIRECT_INCARNATION, INCARNATION_MEMO } from '../../contract/names';
import { type KeywordPair, keywords } from '../../contract/search-attributes';
import { initialState } from '../../rules/agent/input/initial-state';
import { isUnansweredForLong } from '../../client/temporal/unanswered';
import { wallClockMs } from '../../lib/clock';
import { type Admit, admitEverything } from '../admission';
import { whileBeating } from '../beating';
import { createGiveUpActivities } from './give-up';
import { asActivityFailure } from '../failures';
import { withKeptSession } from './kept-session';
import { cancelRuns, listOpenRuns, type OpenRuns, planRun } from './fleet-runs';
import { tellHolds } from './holds';
import { retire, openAgent, keepAgent } from './retire';

/** Dependencies: calls to Temporal, this installation's id, and the host of this worker's process provider. */
export interface FleetActivityDependencies {
  readonly calls: Calls;
  readonly installation: string;
  readonly host: string;
  /** Decides which specifications agents may be started and configured with; default: all. */
  readonly admit?: Admit;
  /** Finds the runs that a destroyed fleet cancels; in visibility unless given. */
  readonly openRuns?: OpenRuns;
}

/** Refusals that a retry would meet again. `Internal` is not one of them, because it may be a transient error of the server. */
const PERMANENT: readonly ErrorCode[] = ['ProviderError', 'StaleRevision', 'InvalidRequest', 'LimitReached'];
/** Concurrent calls that look for lost agents: enough to hide the latency, few enough to leave the server to others. */
const AT_A_TIME = 16;
/** The fleet activities of a worker. They run on the main queue, whose name is the prefix of all queues. */
export function createFleetActivities({
  calls,
  installation,
  host,
  admit = admitEverything,
  openRuns = (fleet) => listOpenRuns(calls, fleet),
}: FleetActivityDependencies): FleetActivities {
  return {
    ...createGiveUpActivities(calls),

    place: async () => ({ installation, host }),

    ensureAgent: (asked) =>
      answeringWhileBeating(async () => {
        admit({ ...asked, provider: asked.spec.provider });
        const input = await withKeptSession(calls, asked);
        const start: StartSpec = {
          workflowType: AGENT_WORKFLOW,
          taskQueue: Context.current().info.taskQueue,
          args: [input],
          memo: { [INCARNATION_MEMO]: input.incarnation },
          staticSummary: `agent ${input.agent} of fleet ${input.fleet}, provider ${input.spec.provider}`,
          typedSearchAttributes: attributesOf(input),
        };
        if (await startNew(calls, input, start)) return { runtime: 'stopped' };
        const configure = () =>
          calls.updateWithStart(agentSubject(input), start, agentUpdates.configure, configurationOf(input));
        const { agent } = await configure().catch(async (error: unknown) => {
          if (!isStale(error) || !(await removeLeftBehind(calls, input))) throw error;
          return configure();
        });
        return { runtime: agent.runtime };
      }),

    keepAgent: (call) => answeringWhileBeating(() => keepAgent(calls, call)),

    askChange: (call) => answeringWhileBeating(() => askChange(calls, call)),

    retireAgent: (call) => answeringWhileBeating(() => retire(calls, call)),

    planRun: ({ fleet }) => planRun(calls, fleet),

    cancelRuns: (call) => answeringWhileBeating(() => cancelRuns(calls, call, openRuns)),

    findLost: (call) => answeringWhileBeating(() => findLost(calls, call)),

    setHold: (call) => answeringWhileBeating(() => tellHolds(calls, call)),
  };
}

/** A fleet that was terminated during the change does not own what the change has made, so the change is not over. */
async function askChange(
  calls: Calls,
  { fleet, incarnation, revision }: Parameters<FleetActivities['askChange']>[0],
): Promise<{ over: boolean }> {
  try {
    const { incarnation: current, change } = await calls.query(fleetSubject(fleet), describeFleet);
    const isRunning = change?.revision === revision && change.state === 'running';
    return { over: current === incarnation && !isRunning };
  } catch (error) {
    if (error instanceof DroverError && error.code === 'FleetNotFound') return { over: false };
    throw error;
  }
}

/** Describes each workflow, because visibility lags: an apply immediately after a termination must replace the lost part. */
async function findLost(calls: Calls, { fleet, agents, pools }: LostCall): Promise<LostParts> {
  const ended = async (names: readonly string[], subjectOf: (name: string) => Subject) => {
    const lost: Record<string, WorkflowEnd> = {};
    await inParallel(names, AT_A_TIME, async (name) => {
      const end = await endOf(calls, subjectOf(name));
      if (end !== null) lost[name] = end;
    });
    return lost;
  };
  return {
    agents: await ended(agents, (agent) => agentSubject({ fleet, agent })),
    pools: await ended(pools, poolSubject),
  };
}

/** The search attributes that the agent's workflow would set in its first task. */
function attributesOf(input: AgentInput): KeywordPair[] {
  const { fleet, agent, status, liveness, config } = initialState(input);
  const DroverPool = config.spec.subscription?.pool;
  return keywords({
    DroverFleet: fleet,
    DroverAgent: agent,
    DroverAgentStatus: status,
    DroverLiveness: liveness,
    DroverPool,
  });
}

/** Starts a new agent. Its input holds the configuration, so it needs no update. Returns false when one exists already. */
async function startNew(calls: Calls, input: AgentInput, start: StartSpec): Promise<boolean> {
  const subject = agentSubject(input);
  const { workflowType, ...options } = start;
  return calls.within(subject, {}, () =>
    calls.client.workflow
      .start(workflowType, { ...options, workflowId: subject.workflowId, args: [input] })
      .then(() => true)
      .catch((error: unknown) => {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }),
  );
}

function isStale(error: unknown): boolean {
  return error instanceof DroverError && error.code === 'StaleRevision';
}

/**
 * A terminated fleet leaves its agents behind, and the next fleet of the same name creates them again. Only the current fleet of that
 * name removes them, and never an agent that a client has started directly. Returns false when it may not remove the agent.
 */
async function removeLeftBehind(calls: Calls, { fleet, agent, incarnation }: AgentInput): Promise<boolean> {
  const left = await openAgent(calls, { fleet, agent });
  if (left?.incarnation === incarnation || left?.incarnation === DIRECT_INCARNATION) return false;
  const owner = await calls.query(fleetSubject(fleet), describeFleet);
  if (owner.incarnation !== incarnation) return false;
  if (left) {
    const { incarnation: former, revision } = left;
    await retire(calls, { fleet, agent, incarnation: former, revision, mode: 'freeze' });
  }
  return true;
}

async function answeringWhileBeating<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await whileBeating(work);
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    throw asActivityFailure(error, {
      permanent:
        error.details?.['permanent'] === true ||
        PERMANENT.includes(error.code) ||
        isUnansweredForLong(error, wallClockMs()),
    });
  }
}
