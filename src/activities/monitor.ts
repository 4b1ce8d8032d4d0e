/** The health monitor (docs/workflow-rules.md, rule 15): checks one fleet's agents for some minutes, and reports changes to their workflows. */
import { isUp } from '../rules/agent/lifecycle';
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Calls } from '../client/temporal/calls';
import { agentSubject } from '../client/temporal/subject';
import type { MonitorActivities, WatchCall, WatchedAgent } from '../contract/activities';
import type { AgentView } from '../contract/agent';
import { DroverError } from '../contract/errors';
import { agentSignals, describeAgent } from '../contract/agent/messages';
import { AGENT_PATHS } from '../contract/protocol';
import { isoNow, monotonicMs } from '../lib/clock';
import { httpCall, isSuccess } from '../providers/http-call';
import { type CheckMemory, afterCheck, shiftMemory } from '../rules/agent/liveness/health';
import { whileBeating } from './beating';
import { type TurnSettings, addressed } from './turns/turns';

/** Dependencies of the monitor: those of turns, and calls to the agents' workflows, which know instance and endpoint. */
export interface MonitorSettings extends TurnSettings {
  readonly calls: Pick<Calls, 'query' | 'signal'>;
}

/** Duration of one activity (docs/workflow-rules.md, rule 15). Then the fleet starts the next one with its current agents. */
const WATCH_MS = 10 * 60_000;

type Memories = Record<string, CheckMemory>;

/** Heartbeat details: the memory of the checks, and the time of the monotonic clock that it refers to. */
interface Known {
  readonly at: number;
  readonly memories: Memories;
}

/** Creates the monitor's activity. Heartbeats carry its memory, so the next attempt continues after a lost worker. */
export function createMonitorActivities(settings: MonitorSettings): MonitorActivities {
  return {
    watchHealth: (call) => {
      const { info, cancellationSignal, cancelled } = Context.current();
      const memories = fromEarlier(info.heartbeatDetails as Known | undefined);
      const until = monotonicMs() + WATCH_MS;
      return whileBeating(
        async () => {
          const watching = call.agents.map((agent) =>
            watch(settings, call, agent, memories, until, cancellationSignal),
          );
          // A worker that shuts down does not wait for the answer of a workflow.
          await Promise.race([Promise.all(watching), cancelled]);
        },
        (): Known => ({ at: monotonicMs(), memories }),
      );
    },
  };
}

/** The memory of an earlier attempt, shifted to this process's clock. The time between the attempts does not count. */
function fromEarlier(known: Known | undefined): Memories {
  if (known === undefined) return {};
  const byMs = monotonicMs() - known.at;
  return Object.fromEntries(
    Object.entries(known.memories).map(([agent, memory]) => [agent, shiftMemory(memory, byMs)]),
  );
}

/** Checks one agent at its interval. Resolves when the time is over; rejects when the activity is cancelled. */
async function watch(
  settings: MonitorSettings,
  { fleet }: WatchCall,
  watched: WatchedAgent,
  memories: Memories,
  until: number,
  signal: AbortSignal,
): Promise<void> {
  const ref = { fleet, agent: watched.agent };
  let seen: { readonly view: AgentView | null; readonly at: number } | null = null;
  while (monotonicMs() < until) {
    const isOld = seen === null || monotonicMs() - seen.at >= watched.renewMs;
    // A failed check may concern an older instance or a stopped one, so this reads the agent again.
    const isFailing = (memories[watched.agent]?.failures ?? 1) > 0;
    if (seen === null || isOld || isFailing) seen = { view: await look(settings, ref), at: monotonicMs() };
    const { instanceId, endpoint } = seen.view ?? {};
    if (seen.view !== null && isUp(seen.view) && instanceId && endpoint) {
      const passed = await passes(settings, { ...ref, endpoint }, watched.timeoutMs, signal);
      const now = monotonicMs();
      const { memory, report } = afterCheck(memories[watched.agent] ?? null, instanceId, passed, watched, now);
      if (report) await tell(settings, ref, { instanceId, passed, at: isoNow() });
      memories[watched.agent] = memory;
    }
    await sleep(watched.everyMs, undefined, { signal });
  }
}

async function look({ calls }: MonitorSettings, ref: { fleet: string; agent: string }): Promise<AgentView | null> {
  return unlessAway(calls.query(agentSubject(ref), describeAgent));
}

async function tell(
  { calls }: MonitorSettings,
  ref: { fleet: string; agent: string },
  check: { readonly instanceId: string; readonly passed: boolean; readonly at: string },
): Promise<void> {
  await unlessAway(calls.signal(agentSubject(ref), agentSignals.checkReported, check));
}

/** Null when the agent is gone, which the next list leaves out, or when the server does not answer, which the next check repeats. */
async function unlessAway<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const code = error instanceof DroverError ? error.code : null;
    if (code !== 'AgentNotFound' && code !== 'Unavailable' && code !== 'Timeout') throw error;
    Context.current().log.debug('an agent could not be queried or signalled', { code });
    return null;
  }
}

async function passes(
  settings: MonitorSettings,
  at: { readonly fleet: string; readonly agent: string; readonly endpoint: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const call = { ...addressed(at, settings, AGENT_PATHS.health), method: 'GET' } as const;
  try {
    const { send = httpCall } = settings;
    return isSuccess(await send({ ...call, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }));
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
