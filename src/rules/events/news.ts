/** What has happened between two looks at everything: the events of `drover events` and `GET /v1/events`. */
import { isPaused, isPending, isStopped } from '../agent/lifecycle';
import type { AgentListItem, AgentStatus, Liveness, Runtime } from '../../contract/agent';
import type { EventType } from '../../contract/event';
import { SUBSCRIPTION_HOLD } from '../../contract/names';
import type { PoolListItem } from '../../contract/pool';
import type { RunListItem, RunResult } from '../../contract/run';
import type { Announcement } from '../agent/state';
import { ANNOUNCEMENTS, announcementOf } from './announce';

/** An agent as visibility has it. `runtime` is what the provider's last effect left; null: it has had none. */
export interface SeenAgent extends Omit<AgentListItem, 'status' | 'liveness' | 'problem'> {
  readonly status: AgentStatus;
  readonly liveness: Liveness;
  readonly pool: string | null;
  readonly runtime: Runtime | null;
}

/** A pool as visibility has it. */
export type SeenPool = Omit<PoolListItem, 'problem'>;

/** How a run ended; null where nobody has read it. */
export type SeenOutcome = Pick<RunResult, 'success' | 'error'> & { readonly turns: number | null };

/** A run that has ended. */
export interface SeenRun extends Omit<RunListItem, 'problem'> {
  readonly outcome: SeenOutcome | null;
}

/** One look: what the lists say. Of runs only those that have ended. */
export interface Look {
  readonly agents: readonly SeenAgent[];
  readonly pools: readonly SeenPool[];
  readonly runs: readonly SeenRun[];
}

/** An agent as it was seen last, with what people have been told of it, and for how many looks it has been missing. */
interface KnownAgent extends SeenAgent {
  readonly announced: Announcement | null;
  readonly missing: number;
}

/** Everything that is known after a look, by name. */
export interface Known {
  readonly agents: ReadonlyMap<string, KnownAgent>;
  readonly pools: ReadonlyMap<string, SeenPool>;
  readonly runs: ReadonlyMap<string, SeenRun>;
}

/** One event that has no id yet. `at` null: it is as old as the look. `fleets`: whom it concerns. */
export interface News {
  readonly type: EventType;
  readonly at: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly fleets: readonly string[];
}

/** Before the first look. */
export const NOTHING_KNOWN: Known = { agents: new Map(), pools: new Map(), runs: new Map() };

/** A list of several pages misses an agent whose workflow continues as new meanwhile; one that is gone for longer has ended. */
const MISSED_LOOKS = 3;

/** What is known after this look. */
export function updateKnown(before: Known, { agents, pools, runs }: Look): Known {
  const seen = agents.map((agent) => toKnown(agent, before.agents.get(nameOf(agent))));
  const names = new Set(seen.map(nameOf));
  const missed = [...before.agents.values()]
    .filter((agent) => !names.has(nameOf(agent)) && agent.missing < MISSED_LOOKS)
    .map((agent) => ({ ...agent, missing: agent.missing + 1 }));
  return {
    agents: new Map([...missed, ...seen].map((agent) => [nameOf(agent), agent])),
    pools: new Map(pools.map((pool) => [pool.pool, pool])),
    // Where nothing is left of the past, what was there before still is not news.
    runs: runs.length === 0 ? before.runs : new Map(runs.map((run) => [runName(run), run])),
  };
}

/** What has happened between the two: of every agent, pool and run at most one event of a kind. */
export function newsBetween(before: Known, after: Known): News[] {
  const agents = [...after.agents.values()].flatMap((agent) => agentNews(before.agents.get(nameOf(agent)), agent));
  const waitedBefore = waitingByPool(before);
  const pools = [...waitingByPool(after)]
    .filter(([pool]) => !waitedBefore.has(pool))
    .map(([pool, waiting]) => exhaustedNews(after, pool, waiting));
  const runs = [...after.runs.values()].filter((run) => !before.runs.has(runName(run))).map(runNews);
  return [...agents, ...pools, ...runs];
}

/** `fleet/run`, as runs are known by. */
export function runName({ fleet, run }: Pick<RunListItem, 'fleet' | 'run'>): string {
  return `${fleet}/${run}`;
}

function nameOf({ fleet, name }: SeenAgent): string {
  return `${fleet}/${name}`;
}

function toKnown(agent: SeenAgent, before: KnownAgent | undefined): KnownAgent {
  return { ...agent, announced: lastAnnouncement(agent, before), missing: 0 };
}

/** One that is first seen at rest has been ready before, and a planned start of it is no news. */
function lastAnnouncement(agent: SeenAgent, before: KnownAgent | undefined): Announcement | null {
  // Anything before that was of an earlier agent of this name.
  if (isPending(agent)) return null;
  const atRest = isPaused(agent) || isStopped(agent) ? 'ready' : null;
  return currentAnnouncement(agent) ?? (before ? before.announced : atRest);
}

/** By the rule of the agent's own workflow. A planned restart is known by what its stop has left of the runtime. */
function currentAnnouncement({ status, liveness, runtime }: SeenAgent): Announcement | null {
  return announcementOf({ status, liveness, runtime: runtime ?? 'running', restarting: null });
}

function agentNews(before: KnownAgent | undefined, after: KnownAgent): News[] {
  const agent = nameOf(after);
  const fleets = [after.fleet];
  const news: News[] = [];
  const { status, liveness, pool } = after;
  const now = currentAnnouncement(after);
  if (now !== null && now !== before?.announced) {
    news.push({ type: ANNOUNCEMENTS[now], at: null, data: { agent, status, liveness }, fleets });
  }
  const [from, to] = [before?.subscription ?? null, after.subscription];
  // A first credential is no switch, and neither is one of another pool.
  if (from !== null && to !== null && from !== to && before?.pool === pool) {
    news.push({ type: 'subscription.switched', at: null, data: { agent, pool, from, to }, fleets });
  }
  return news;
}

/**
 * Agents that wait for a credential, by pool; a pool for which nobody waits is not in it, and neither is one that does not say yet until
 * when it is used up: agents and pools are two lists, and the next look has both.
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

/** It concerns everybody who may have to wait next. */
function exhaustedNews({ agents, pools }: Known, pool: string, waiting: readonly string[]): News {
  const fleets = [...agents.values()].filter((agent) => agent.pool === pool).map(({ fleet }) => fleet);
  const data = { pool, exhaustedUntil: pools.get(pool)?.exhaustedUntil ?? null, agents: waiting };
  return { type: 'pool.exhausted', at: null, data, fleets: [...new Set(fleets)] };
}

function runNews(run: SeenRun): News {
  const { success, error, turns } = run.outcome ?? { success: run.state === 'completed', error: null, turns: null };
  const data = { run: runName(run), success, error, turns };
  return { type: success ? 'run.completed' : 'run.failed', at: run.endedAt, data, fleets: [run.fleet] };
}
