/** Effects of the fleet and provision workflows on the workflows of agents. Each is idempotent. */
import { inParallel } from '../../lib/in-parallel';
import { isUp, isActive, isFollowing, isTerminated } from '../../rules/agent/lifecycle';
import { Context } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  configurationOf,
  type FleetActivities,
  type HoldCall,
  type LostCall,
  type RetireCall,
} from '../../contract/activities';
import type { AgentInput, AgentView } from '../../contract/agent';
import type { Calls, StartSpec } from '../../client/temporal/calls';
import { endOf } from '../../client/temporal/ends';
import { type AgentRef, agentSubject, fleetSubject, poolSubject, type Subject } from '../../client/temporal/subject';
import type { LostParts, WorkflowEnd } from '../../contract/ends';
import { DroverError, type ErrorCode } from '../../contract/errors';
import type { UntoldAgent } from '../../contract/fleet';
import { agentUpdates, describeAgent } from '../../contract/agent/messages';
import { describeFleet } from '../../contract/fleet/messages';
import {
  AGENT_WORKFLOW,
  DIRECT_INCARNATION,
  INCARNATION_MEMO,
  RETIRE_HOLD,
  RETIRE_REQUEST,
} from '../../contract/names';
import { type KeywordPair, keywords } from '../../contract/search-attributes';
import { initialState } from '../../rules/agent/input/initial-state';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { isUnansweredForLong } from '../../client/temporal/unanswered';
import { monotonicMs, wallClockMs } from '../../lib/clock';
import { type Admit, admitEverything } from '../admission';
import { whileBeating } from '../beating';
import { createGiveUpActivities } from './give-up';
import { asActivityFailure } from '../failures';
import { withKeptSession } from './kept-session';
import { cancelRuns, listOpenRuns, type OpenRuns, planRun } from './fleet-runs';

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
/** Polling intervals for a retiring agent: it takes some hundred milliseconds, or minutes for a drain. */
const LOOK_EVERY_MS = 100;
const LOOK_LATER_MS = 1_000;
/** An end takes its grace period (10 s) and three calls to the provider at most. After this long, it does not end by itself. */
const END_WITHIN_MS = 150_000;
/** Concurrent calls that look for lost agents: enough to hide the latency, few enough to leave the server to others. */
const AT_A_TIME = 16;
/** Concurrent calls that send a hold: enough to hide the latency, few enough to leave the server to others. */
const HOLDS_AT_A_TIME = 32;
/** Limit for one agent in a round, so that it does not delay the others. The next round repeats it. */
const HOLD_MS = 10_000;
/** Time for an agent without a drain to be suspended. */
const HELD_WITHIN_MS = 300;
/** Limit of a round, well below the activity's two minutes. The next round does the rest. */
const ROUND_MS = 60_000;
/** Errors of an agent that is gone and needs no hold. */
const NOT_THERE: readonly ErrorCode[] = ['AgentNotFound', 'AgentStatusError'];

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

async function tellHolds(calls: Calls, call: HoldCall): Promise<{ untold: UntoldAgent[] }> {
  const untold: UntoldAgent[] = [];
  const until = monotonicMs() + ROUND_MS;
  await inParallel(call.agents, HOLDS_AT_A_TIME, async ({ agent, isTaken }) => {
    const isLate = monotonicMs() > until;
    const told = isLate
      ? { agent, why: 'the round ended before its call' }
      : await tellHold(calls, call, agent, isTaken);
    if (told !== null) untold.push(told);
  });
  return { untold };
}

/** Null when the agent follows the hold or is gone. */
async function tellHold(
  calls: Calls,
  { fleet, hold, held, requestId }: HoldCall,
  agent: string,
  isTaken: boolean,
): Promise<UntoldAgent | null> {
  const subject = agentSubject({ fleet, agent });
  const isHeld = (view: AgentView): boolean => view.holds.some(({ name }) => name === hold.name);
  try {
    // The agent drops the hold when its provider could not suspend it, and keeps it when the provider could not continue it.
    const known = isTaken ? await calls.query(subject, describeAgent, { timeoutMs: HOLD_MS }) : null;
    const sent = { updateId: requestId, timeoutMs: HOLD_MS, answerWithinMs: HELD_WITHIN_MS };
    const options = { hold: hold.name, requestId, ...(held && hold.reason !== null ? { reason: hold.reason } : {}) };
    const view =
      known !== null && isHeld(known) === held
        ? known
        : (await calls.update(subject, held ? agentUpdates.hold : agentUpdates.release, options, sent))?.agent;
    if (view === undefined || isFollowing(view.status, view.runtime)) return { agent, why: null };
    return isHeld(view) === held ? null : { agent, why: view.why ?? 'it did not keep the hold' };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return NOT_THERE.includes(error.code) ? null : { agent, why: boundedText(error.message, SHORT_BYTES) };
  }
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

async function retire(calls: Calls, call: RetireCall): Promise<{ existed: boolean }> {
  const view = await openAgent(calls, call);
  if (!view || !isMeant(view, call)) return { existed: false };
  const subject = agentSubject(call);
  // A retry of this activity is the same request. A later activity is a new one, because the agent would only repeat its last failure.
  const { activityId, workflowExecution } = Context.current().info;
  const requestId = `${RETIRE_REQUEST}${workflowExecution?.runId ?? ''}.${activityId}`;
  if (call.mode === 'drain' && isActive(view) && !isUnheard(view)) {
    const pause = {
      hold: RETIRE_HOLD,
      reason: 'is being replaced or removed',
      mode: 'drain' as const,
      requestId: `${requestId}.drain`,
    };
    // An agent that cannot be paused now has no turn that could be finished.
    const drained = calls.update(subject, agentUpdates.pause, pause, { updateId: pause.requestId });
    await ignoring(['AgentNotFound', 'AgentStatusError', 'RuntimeStateError', 'ProviderError'], drained);
    await until(async () => {
      const agent = await openAgent(calls, call);
      // Of an agent that is not heard any more, as its host may be gone for good, no turn ends.
      return agent === null || !isUp(agent) || isUnheard(agent);
    });
  }
  Context.current().cancellationSignal.throwIfAborted();
  const terminated = calls.update(subject, agentUpdates.terminate, { requestId }, { updateId: requestId });
  await ignoring(['AgentNotFound'], terminated);
  const ended = await until(async () => (await openAgent(calls, call)) === null, END_WITHIN_MS, sleepThroughCancel);
  if (ended) return { existed: true };
  const why = (await openAgent(calls, call))?.why ?? 'the reason is unknown';
  throw new DroverError('ProviderError', `${subject.name} does not end: ${why}`);
}

function isMeant(view: AgentView, { incarnation, revision, sinceRevision = 0 }: RetireCall): boolean {
  return view.incarnation === incarnation && view.revision <= revision && view.revision >= sinceRevision;
}

function isUnheard({ liveness }: AgentView): boolean {
  return liveness === 'offline';
}

/** The agent's view while its workflow is open; otherwise null. */
async function openAgent(calls: Calls, ref: AgentRef): Promise<AgentView | null> {
  const subject = agentSubject(ref);
  try {
    const handle = calls.client.workflow.getHandle(subject.workflowId);
    const { status } = await calls.within(subject, {}, () => handle.describe());
    return status.name === 'RUNNING' ? await calls.query(subject, describeAgent) : null;
  } catch (error) {
    if (error instanceof DroverError && error.code === 'AgentNotFound') return null;
    throw error;
  }
}

/** Releases the hold of a removal that was broken off. The agent goes on unless another hold is set. */
async function keepAgent(calls: Calls, call: RetireCall): Promise<{ kept: boolean }> {
  const view = await openAgent(calls, call);
  if (!view || !isMeant(view, call) || isTerminated(view)) return { kept: false };
  const { activityId, workflowExecution } = Context.current().info;
  const requestId = `${RETIRE_REQUEST}${workflowExecution?.runId ?? ''}.${activityId}`;
  try {
    await calls.update(
      agentSubject(call),
      agentUpdates.release,
      { hold: RETIRE_HOLD, requestId },
      { updateId: requestId },
    );
    return { kept: true };
  } catch (error) {
    if (error instanceof DroverError && (error.code === 'AgentNotFound' || error.code === 'AgentStatusError'))
      return { kept: false };
    throw error;
  }
}

/** Sleeps on when the caller cancels: an agent that was told to end ends. A worker that stops still ends the sleep. */
async function sleepThroughCancel(ms: number): Promise<void> {
  const context = Context.current();
  try {
    await context.sleep(ms);
  } catch (error) {
    if (context.cancellationDetails?.cancelRequested !== true) throw error;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** Polls until `isSo`. Returns false at the limit, and throws when the activity is cancelled, unless `sleep` goes on. */
async function until(
  isSo: () => Promise<boolean>,
  limitMs = Infinity,
  sleep = (ms: number): Promise<void> => Context.current().sleep(ms),
): Promise<boolean> {
  const deadline = monotonicMs() + limitMs;
  for (let looks = 1; !(await isSo()); looks += 1) {
    if (monotonicMs() > deadline) return false;
    await sleep(looks < 50 ? LOOK_EVERY_MS : LOOK_LATER_MS);
  }
  return true;
}

async function ignoring(codes: readonly ErrorCode[], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof DroverError && codes.includes(error.code))) throw error;
  }
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
