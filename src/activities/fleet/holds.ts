/** Tells many agents of a hold, in rounds that Temporal can repeat. */
import { inParallel } from '../../lib/in-parallel';
import { isFollowing } from '../../rules/agent/lifecycle';
import type { HoldCall } from '../../contract/activities';
import type { AgentView } from '../../contract/agent';
import type { Calls } from '../../client/temporal/calls';
import { agentSubject } from '../../client/temporal/subject';
import { DroverError, type ErrorCode } from '../../contract/errors';
import type { UntoldAgent } from '../../contract/fleet';
import { agentUpdates, describeAgent } from '../../contract/agent/messages';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { monotonicMs } from '../../lib/clock';

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

/** Sets or releases a hold on every agent of the call; `untold` are those that it did not reach. */
export async function tellHolds(calls: Calls, call: HoldCall): Promise<{ untold: UntoldAgent[] }> {
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
