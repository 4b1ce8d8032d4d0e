/** The kinds of objects that `drover get` lists: how each is read, and its table. */
import type { DroverClient } from '../../client';
import { replicasInPlaceOf } from '../../client/agents/replicas';
import { allPages } from '../../client/temporal/pages';
import type { AgentListItem, AgentStatus, Liveness, Unknown } from '../../contract/agent';
import type { DroverError, ErrorCode } from '../../contract/errors';
import type { FleetListItem } from '../../contract/fleet';
import type { PoolListItem } from '../../contract/pool';
import type { RunListItem, RunState } from '../../contract/run';
import { age, spanText } from '../text/age';
import { type AgentRow, agentRow, agentsText } from '../text/agents';
import { painted } from '../text/paint';
import { usageColumn } from '../text/usage';
import { agentRef, runRef } from '../lib/arguments';
import type { ConnectionFlags } from '../lib/connection';
import { colors, compareNames, type Format, isTable, table } from '../lib/output';

/** The options of `drover get`. */
export interface GetFlags extends ConnectionFlags {
  readonly output: Format;
  readonly fleet?: string;
  readonly status?: AgentStatus | Unknown;
  readonly liveness?: Liveness | Unknown;
  readonly selector?: string;
  readonly state?: RunState | Unknown;
  readonly limit?: number;
  readonly watch?: boolean;
}

/** One kind of object in lists. */
export interface Kind<T extends { readonly problem: string | null }> {
  readonly kind: string;
  readonly notFound: ErrorCode;
  readonly nameOf: (item: T) => string;
  readonly list: (client: DroverClient, flags: GetFlags, name: string | undefined) => Promise<readonly T[]>;
  readonly text: (items: readonly T[], isWide: boolean) => string;
  /** The names that a name without an object of its own stands for; rejects with `absent` if it stands for none. */
  readonly standsFor?: (client: DroverClient, name: string, absent: DroverError) => Promise<readonly string[]>;
}

/**
 * The most agents of a table that are asked themselves, so that it is not a second old and has
 * their turns, and the time for all: a read has half a second, and longer only without a worker.
 */
const MOST_ASKED = 50;
const ANSWER_MS = 1_000;

/** Agents: those of a short table are asked themselves. */
export const AGENTS: Kind<AgentRow> = {
  kind: 'agent',
  notFound: 'AgentNotFound',
  nameOf: ({ fleet, name }) => `${fleet}/${name}`,
  async list({ agents }, flags, name) {
    const { fleet = name === undefined ? undefined : agentRef(name).fleet, status, liveness, selector: label } = flags;
    const filter = {
      ...(fleet && { fleet }),
      ...(status && { status }),
      ...(liveness && { liveness }),
      ...(label !== undefined && { label }),
    };
    const items = await allPages<AgentListItem>((page) => agents.list(filter, page));
    const sorted = [...items].sort((a, b) => compareNames(AGENTS.nameOf(a), AGENTS.nameOf(b)));
    if (!isTable(flags.output) || sorted.length > MOST_ASKED) return sorted;
    const refs = sorted.map(({ fleet: of, name: agent }) => ({ fleet: of, agent }));
    const asked = await agents.describeAll(refs, { timeoutMs: ANSWER_MS });
    return sorted.map((item, index) => agentRow(item, asked[index]?.view ?? null));
  },
  text: agentsText,
  async standsFor(client, name, absent) {
    const replicas = await replicasInPlaceOf(client, agentRef(name), absent);
    return replicas.map(({ fleet, agent }) => `${fleet}/${agent}`);
  },
};

/** Fleets. */
export const FLEETS: Kind<FleetListItem> = {
  kind: 'fleet',
  notFound: 'FleetNotFound',
  nameOf: ({ fleet }) => fleet,
  list: async ({ fleets }) =>
    [...(await allPages<FleetListItem>((page) => fleets.list(page)))].sort((a, b) => compareNames(a.fleet, b.fleet)),
  text(items) {
    const usage = usageColumn(items);
    return table(
      ['FLEET', 'REVISION', 'STATE', 'READY', ...usage.head, 'HOLDS'],
      items.map(({ fleet, revision, state, ready, agents, holds, problem, ...item }) => [
        fleet,
        String(revision),
        orUnknown(problem, painted(colors())(state)),
        orUnknown(problem, `${String(ready)}/${String(agents)}`),
        ...usage.cell(item),
        orUnknown(problem, holds.join(',') || '-'),
      ]),
      ['REVISION', ...usage.head, 'HOLDS'],
    );
  },
};

/** Runs, the newest first. */
export const RUNS: Kind<RunListItem> = {
  kind: 'run',
  notFound: 'RunNotFound',
  nameOf: ({ fleet, run }) => `${fleet}/${run}`,
  list({ runs }, flags, name) {
    const { fleet = name === undefined ? undefined : runRef(name).fleet, state, limit } = flags;
    const filter = { ...(fleet && { fleet }), ...(state && { state }) };
    return allPages<RunListItem>((page) => runs.list(filter, page), limit);
  },
  text(items) {
    const usage = usageColumn(items);
    return table(
      ['NAME', 'STATE', 'AGE', 'TOOK', ...usage.head],
      items.map((run) => [
        RUNS.nameOf(run),
        painted(colors())(run.state),
        age(run.startedAt),
        tookText(run),
        ...usage.cell(run),
      ]),
      [...usage.head, 'TOOK', 'AGE'],
    );
  },
};

/** How long an ended run took; `-` while it goes on. */
function tookText({ startedAt, endedAt }: RunListItem): string {
  return startedAt === null || endedAt === null ? '-' : spanText(Date.parse(endedAt) - Date.parse(startedAt));
}

/** Pools of credentials. */
export const POOLS: Kind<PoolListItem> = {
  kind: 'pool',
  notFound: 'PoolNotFound',
  nameOf: ({ pool }) => pool,
  list: async ({ pools }) =>
    [...(await allPages<PoolListItem>((page) => pools.list(page)))].sort((a, b) => compareNames(a.pool, b.pool)),
  text: (items) =>
    table(
      ['POOL', 'FREE', 'AGENTS', 'FAILURES', 'EXHAUSTED UNTIL'],
      items.map(({ pool, free, credentials, agents, failuresInWindow, exhaustedUntil, problem }) => [
        pool,
        orUnknown(problem, `${String(free)}/${String(credentials)}`),
        String(agents),
        String(failuresInWindow),
        exhaustedUntil ?? '-',
      ]),
      ['FAILURES', 'AGENTS', 'EXHAUSTED UNTIL'],
    ),
};

/**
 * The last known value, or "unknown" when its workflow does not answer: the value may be out of
 * date.
 */
function orUnknown(problem: string | null, known: string): string {
  return problem === null ? known : painted(colors())('unknown');
}
