/** The health monitor (docs/workflow-rules.md, rule 15): looks after one fleet's agents for some minutes, and tells their workflows what has changed. */
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
import { type CheckMemory, afterCheck, shiftMemory } from '../rules/agent/health';
import { whileBeating } from './beating';
import { type TurnSettings, addressed } from './turns';

/** What checking needs: as for turns, and the way to the agents' workflows, which know instance and endpoint. */
export interface MonitorSettings extends TurnSettings {
  readonly calls: Pick<Calls, 'query' | 'signal'>;
}

/** docs/workflow-rules.md, rule 15: then the fleet starts it again, with the list as it is by then. */
const WATCH_MS = 10 * 60_000;

type Memories = Record<string, CheckMemory>;

/** The activity's heartbeat: what it knows, and what the clock read that this is measured with. */
interface Known {
  readonly at: number;
  readonly memories: Memories;
}

/** The monitor's activity; its memory is in its heartbeats, so another worker goes on where this one was killed. */
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

/** What an earlier attempt knew, on this process's clock. The time in between, when nothing was checked, does not count. */
function fromEarlier(known: Known | undefined): Memories {
  if (known === undefined) return {};
  const byMs = monotonicMs() - known.at;
  return Object.fromEntries(
    Object.entries(known.memories).map(([agent, memory]) => [agent, shiftMemory(memory, byMs)]),
  );
}

/** Checks one agent in its rhythm. Resolves when the time is over; rejects when the activity is cancelled. */
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
    // What does not pass may be an older instance, or not run at all: look again.
    const isDoubtful = (memories[watched.agent]?.failures ?? 1) > 0;
    if (seen === null || isOld || isDoubtful) seen = { view: await look(settings, ref), at: monotonicMs() };
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

/** An agent that is gone is not watched any more with the next list; a server that is away for a moment is asked with the next check. */
async function unlessAway<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    const code = error instanceof DroverError ? error.code : null;
    if (code !== 'AgentNotFound' && code !== 'Unavailable' && code !== 'Timeout') throw error;
    Context.current().log.debug('an agent could not be asked or told', { code });
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
    return isSuccess(await httpCall({ ...call, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }));
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
