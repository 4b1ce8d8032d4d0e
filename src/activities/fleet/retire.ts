/** Ends an agent's workflow, or lets the agent go on if its removal was broken off. */
import { isUp, isActive, isTerminated } from '../../rules/agent/lifecycle';
import { Context } from '@temporalio/activity';
import type { RetireCall } from '../../contract/activities';
import type { AgentView } from '../../contract/agent';
import type { Calls } from '../../client/temporal/calls';
import { type AgentRef, agentSubject } from '../../client/temporal/subject';
import { DroverError, type ErrorCode } from '../../contract/errors';
import { agentUpdates, describeAgent } from '../../contract/agent/messages';
import { RETIRE_HOLD, RETIRE_REQUEST } from '../../contract/names';
import { monotonicMs } from '../../lib/clock';

/** Polling intervals for a retiring agent: it takes some hundred milliseconds, or minutes for a drain. */
const LOOK_EVERY_MS = 100;
const LOOK_LATER_MS = 1_000;

/** An end takes its grace period (10 s) and three calls to the provider at most. After this long, it does not end by itself. */
const END_WITHIN_MS = 150_000;

/** Terminates the agent and waits for its end; with `drain`, it waits for the turns first. */
export async function retire(calls: Calls, call: RetireCall): Promise<{ existed: boolean }> {
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
      // No turn of a silent agent ends: its host may be gone for good.
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
export async function openAgent(calls: Calls, ref: AgentRef): Promise<AgentView | null> {
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
export async function keepAgent(calls: Calls, call: RetireCall): Promise<{ kept: boolean }> {
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

/** Sleeps on when the caller cancels: an agent that has begun to end will end. A worker that stops still ends the sleep. */
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
