/**
 * Derives events from two successive looks at the lists: for `drover events` and `GET /v1/events`.
 */
import { isPaused, isPending, isStopped } from '../agent/lifecycle';
import type { AgentListItem, AgentStatus, Liveness, Runtime } from '../../contract/agent';
import type { EventType } from '../../contract/event';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import { SUBSCRIPTION_HOLD } from '../../contract/names';
import type { PoolListItem } from '../../contract/pool';
import type { RunListItem, RunResult } from '../../contract/run';
import type { Announcement } from '../agent/state';
import { ANNOUNCEMENTS, announcementOf } from './announce';

/**
 * An agent in visibility. `runtime` is the runtime after the last effect of the provider; null
 * before the first.
 */
export interface SeenAgent extends Pick<AgentListItem, 'fleet' | 'name' | 'holds' | 'subscription'> {
  readonly status: AgentStatus;
  readonly liveness: Liveness;
  readonly pool: string | null;
  readonly runtime: Runtime | null;
  /** Why it is not working; absent where it works or told nothing. */
  readonly why?: string | null;
}

/** A pool in visibility. */
export type SeenPool = Omit<PoolListItem, 'problem'>;

/** How a run ended. */
export type SeenOutcome = Pick<RunResult, 'success' | 'error'> & { readonly turns: number | null };

/** A run that has ended; `outcome` null: its result was not read. */
export interface SeenRun extends Omit<RunListItem, 'problem'> {
  readonly outcome: SeenOutcome | null;
}

/** One look: the contents of the lists, with ended runs only. */
export interface Look {
  readonly agents: readonly SeenAgent[];
  readonly pools: readonly SeenPool[];
  readonly runs: readonly SeenRun[];
}

/**
 * An agent as last seen, with its last announcement, and the number of looks that missed it since.
 */
interface KnownAgent extends SeenAgent {
  readonly announced: Announcement | null;
  readonly missing: number;
}

/** Everything known after a look, by name. */
export interface Known {
  readonly agents: ReadonlyMap<string, KnownAgent>;
  readonly pools: ReadonlyMap<string, SeenPool>;
  readonly runs: ReadonlyMap<string, SeenRun>;
}

/**
 * An event without an id. `at` null: the time of the look. `fleets`: the fleets that it concerns.
 */
export interface News {
  readonly type: EventType;
  readonly at: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly fleets: readonly string[];
}

/** What is known before the first look. */
export const NOTHING_KNOWN: Known = { agents: new Map(), pools: new Map(), runs: new Map() };

/**
 * A list of several pages can miss an agent whose workflow continues as new. An agent missing for
 * more looks has ended.
 */
const MISSED_LOOKS = 3;

/** Adds a look to what is known. */
export function updateKnown(before: Known, { agents, pools, runs }: Look): Known {
  const seen = agents.map((agent) => toKnown(agent, before.agents.get(nameOf(agent))));
  const names = new Set(seen.map(nameOf));
  const missed = [...before.agents.values()]
    .filter((agent) => !names.has(nameOf(agent)) && agent.missing < MISSED_LOOKS)
    .map((agent) => ({ ...agent, missing: agent.missing + 1 }));
  return {
    agents: new Map([...missed, ...seen].map((agent) => [nameOf(agent), agent])),
    pools: new Map(pools.map((pool) => [pool.pool, pool])),
    // Ended runs that retention has deleted stay known, so that they cause no event.
    runs: runs.length === 0 ? before.runs : new Map(runs.map((run) => [runName(run), run])),
  };
}

/** The events between two looks: at most one of each kind for an agent, a pool or a run. */
export function newsBetween(before: Known, after: Known): News[] {
  const agents = [...after.agents.values()].flatMap((agent) => agentNews(before.agents.get(nameOf(agent)), agent));
  const waitedBefore = waitingByPool(before);
  const pools = [...waitingByPool(after)]
    .filter(([pool]) => !waitedBefore.has(pool))
    .map(([pool, waiting]) => exhaustedNews(after, pool, waiting));
  const runs = [...after.runs.values()].filter((run) => !before.runs.has(runName(run))).map(runNews);
  return [...agents, ...pools, ...runs];
}

/** The event of a run's end. A run that was cancelled has not failed. */
export function endEvent(success: boolean, cancelled: boolean): 'run.completed' | 'run.failed' | 'run.cancelled' {
  if (success) return 'run.completed';
  return cancelled ? 'run.cancelled' : 'run.failed';
}

/** The full name of a run: `fleet/run`. */
export function runName({ fleet, run }: Pick<RunListItem, 'fleet' | 'run'>): string {
  return `${fleet}/${run}`;
}

function nameOf({ fleet, name }: SeenAgent): string {
  return `${fleet}/${name}`;
}

function toKnown(agent: SeenAgent, before: KnownAgent | undefined): KnownAgent {
  return { ...agent, announced: lastAnnouncement(agent, before), missing: 0 };
}

/**
 * An agent that is first seen paused or stopped counts as announced, so that its planned start
 * causes no event.
 */
function lastAnnouncement(agent: SeenAgent, before: KnownAgent | undefined): Announcement | null {
  // Earlier announcements belong to an earlier agent of this name.
  if (isPending(agent)) return null;
  const atRest = isPaused(agent) || isStopped(agent) ? 'ready' : null;
  return currentAnnouncement(agent) ?? (before ? before.announced : atRest);
}

/**
 * Uses the rule of the agent's own workflow. The runtime after the stop tells a planned restart.
 */
function currentAnnouncement({ status, liveness, runtime }: SeenAgent): Announcement | null {
  return announcementOf({ status, liveness, runtime: runtime ?? 'running', restarting: null });
}

function agentNews(before: KnownAgent | undefined, after: KnownAgent): News[] {
  const agent = nameOf(after);
  const fleets = [after.fleet];
  const news: News[] = [];
  const { status, liveness, pool, why: reason } = after;
  const now = currentAnnouncement(after);
  if (now !== null && now !== before?.announced) {
    news.push({
      type: ANNOUNCEMENTS[now],
      at: null,
      data: { agent, status, liveness, ...(reason && { why: reason }) },
      fleets,
    });
  }
  const [from, to] = [before?.subscription ?? null, after.subscription];
  // A first credential does not count as a switch, and neither does one of another pool.
  if (from !== null && to !== null && from !== to && before?.pool === pool) {
    news.push({ type: 'subscription.switched', at: null, data: { agent, pool, from, to }, fleets });
  }
  return news;
}

/**
 * The agents that wait for a credential, by exhausted pool. A pool that is not marked as exhausted
 * yet is left out: agents and pools are two lists, and the next look will agree.
 */
function waitingByPool({ agents, pools }: Known): Map<string, string[]> {
  const waiting = new Map<string, string[]>();
  for (const agent of agents.values()) {
    if (agent.pool === null || !agent.holds.includes(SUBSCRIPTION_HOLD)) continue;
    if ((pools.get(agent.pool)?.exhaustedUntil ?? null) === null) continue;
    waiting.set(agent.pool, [...(waiting.get(agent.pool) ?? []), nameOf(agent)]);
  }
  return waiting;
}

/** Concerns every fleet with an agent of this pool. */
function exhaustedNews({ agents, pools }: Known, pool: string, waiting: readonly string[]): News {
  const fleets = [...agents.values()].filter((agent) => agent.pool === pool).map(({ fleet }) => fleet);
  const data = { pool, exhaustedUntil: pools.get(pool)?.exhaustedUntil ?? null, agents: waiting };
  return { type: 'pool.exhausted', at: null, data, fleets: [...new Set(fleets)] };
}

function runNews(run: SeenRun): News {
  const { success, error, turns } = run.outcome ?? { success: run.state === 'completed', error: null, turns: null };
  const data = { run: runName(run), success, error: error === null ? null : oneLine(error, SHORT_BYTES), turns };
  return { type: endEvent(success, run.state === 'cancelled'), at: run.endedAt, data, fleets: [run.fleet] };
}
