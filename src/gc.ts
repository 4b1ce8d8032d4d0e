/**
 * Finds garbage: resources of this installation without an owner, and agents that their fleet does
 * not know.
 */
import { isTerminated } from './rules/agent/lifecycle';
import type { AgentView, ProviderKind } from './contract/agent';
import { DroverError } from './contract/errors';
import type { FleetView } from './contract/fleet';
import { DIRECT_INCARNATION } from './contract/names';
import { messageOf } from './contract/text';
import type { DroverClient, RunningAgent } from './client';
import { inParallel } from './lib/in-parallel';
import { allPages } from './client/temporal/pages';
import { isUnanswered } from './client/temporal/unanswered';
import { lostText } from './rules/lib/ends';
import type { HeldResource, Provider, Providers } from './providers/provider';

/**
 * One piece of garbage, and why it is garbage. `key` is null for an agent whose resource no
 * provider here lists. `createdAt` in ISO 8601.
 */
export interface Garbage extends Omit<HeldResource, 'key'> {
  readonly provider: ProviderKind;
  readonly key: string | null;
  readonly why: string;
}

/** The garbage, and what could not be judged or listed. */
export interface GarbageReport {
  readonly items: readonly Garbage[];
  /**
   * Items that stay because their fleet or agent does not answer, so that the owner is not known.
   * `why` is the error.
   */
  readonly unjudged: readonly Garbage[];
  readonly unreachable: readonly { readonly provider: ProviderKind; readonly why: string }[];
}

/**
 * docs/operations.md: younger resources are never garbage, as their owner may not have recorded
 * them yet.
 */
const YOUNG_MS = 10 * 60_000;
/** A stop takes its grace period (10 s), then two calls to the provider. */
const TERMINATE_MS = 60_000;

/**
 * The time for one fleet or agent to answer. One that does not answer must not block the others.
 */
const ASK = { timeoutMs: 5_000 } as const;
/** Resources and agents judged at a time. */
const AT_ONCE = 20;

/**
 * Checks every provider and every agent. Rejects if Temporal does not answer, as owners are not
 * known then. `now` in epoch ms.
 */
export async function findGarbage(client: DroverClient, providers: Providers, now: number): Promise<GarbageReport> {
  const unreachable: GarbageReport['unreachable'][number][] = [];
  const owners = new Owners(client);
  const judged: Judged[] = [];
  for (const provider of Object.values(providers)) {
    const skipped = (why: string): void => void unreachable.push({ provider: provider.kind, why });
    const held = await provider.list(skipped).catch((error: unknown) => {
      skipped(messageOf(error));
      return [];
    });
    const old = held.filter(({ createdAt }) => !isYoung(createdAt, now));
    judged.push(...(await inParallel(old, AT_ONCE, (resource) => judgeResource(owners, resource, provider.kind))));
  }
  const strays = await owners.strayAgents(now);
  judged.push(...(await inParallel(strays, AT_ONCE, (stray) => judgeStray(client, stray))));
  const items = judged.flatMap(({ verdict, item }) => (verdict === 'garbage' && item ? [item] : []));
  return {
    items: items.filter((item) => item.key !== null || !items.some((other) => isSameResource(item, other))),
    unjudged: judged.flatMap(({ verdict, item }) => (verdict === 'unjudged' && item ? [item] : [])),
    unreachable,
  };
}

/** One resource or agent, with the verdict. */
interface Judged {
  readonly verdict: 'owned' | 'garbage' | 'unjudged';
  readonly item: Garbage | null;
}

async function judgeResource(owners: Owners, resource: HeldResource, provider: ProviderKind): Promise<Judged> {
  const item = (why: string): Garbage => ({ ...resource, provider, why });
  return unlessUnanswered(item, async () => {
    const why = await owners.missingOf(resource);
    return why === null ? { verdict: 'owned', item: null } : { verdict: 'garbage', item: item(why) };
  });
}

/** Judges an agent without an owner. No provider may list its resource. */
async function judgeStray(client: DroverClient, { fleet, name, startedAt, why }: StrayAgent): Promise<Judged> {
  const item = (found: string, provider: ProviderKind = 'external', resourceId = ''): Garbage => {
    return { provider, fleet, agent: name, key: null, resourceId, createdAt: startedAt, why: found };
  };
  return unlessUnanswered(item, async () => {
    const view = await unlessMissing(client.agents.describe({ fleet, agent: name }, ASK));
    if (view === null || isTerminated(view)) return { verdict: 'owned', item: null };
    return { verdict: 'garbage', item: item(why, view.provider, view.resourceId ?? '') };
  });
}

async function unlessUnanswered(item: (why: string) => Garbage, judge: () => Promise<Judged>): Promise<Judged> {
  try {
    return await judge();
  } catch (error) {
    if (!isSilent(error)) throw error;
    return { verdict: 'unjudged', item: item(error.message) };
  }
}

/** True if an owner does not answer: its workflow task fails, or no worker runs. */
function isSilent(error: unknown): error is DroverError {
  return isUnanswered(error) || (error instanceof DroverError && error.code === 'Timeout');
}

function isSameResource(stray: Garbage, { key, fleet, agent, resourceId }: Garbage): boolean {
  return key !== null && fleet === stray.fleet && agent === stray.agent && resourceId === stray.resourceId;
}

/**
 * Removes garbage one by one. A failure does not stop the others. Returns what remains, and why.
 */
export async function collectAll(
  client: DroverClient,
  items: readonly Garbage[],
  providers: Providers,
): Promise<Garbage[]> {
  const left: Garbage[] = [];
  for (const item of items) {
    try {
      await collect(client, item, providers);
    } catch (error) {
      left.push({ ...item, why: messageOf(error) });
    }
  }
  return left;
}

/**
 * Removes one piece. A resource leaves a tombstone on its key. An agent without a fleet is
 * terminated first.
 */
export async function collect(client: DroverClient, garbage: Garbage, providers: Providers): Promise<void> {
  const { provider: kind, fleet, agent, key, resourceId } = garbage;
  const ref = { fleet, agent };
  if (key === null || isAgentOf(garbage, await unlessMissing(client.agents.describe(ref)))) {
    await unlessMissing(client.agents.command(ref, 'terminate', {}, { wait: true, timeoutMs: TERMINATE_MS }));
  }
  if (key === null) return;
  const provider: Provider | undefined = providers[kind];
  await provider?.destroy({ fleet, agent, provider: kind, spec: { name: agent, provider: kind }, resourceId, key });
}

function isYoung(createdAt: string, now: number): boolean {
  return now - Date.parse(createdAt) <= YOUNG_MS;
}

/** A running agent without an owner. */
type StrayAgent = RunningAgent & { readonly why: string };

/** Finds owners; asks each fleet once. */
class Owners {
  readonly #client: DroverClient;
  readonly #fleets = new Map<string, Promise<FleetView | null>>();

  constructor(client: DroverClient) {
    this.#client = client;
  }

  /** Why a resource has no owner; null if it has one. */
  async missingOf({ fleet, agent, resourceId }: HeldResource): Promise<string | null> {
    const view = await this.#fleet(fleet);
    // While a change runs, the fleet's map may not have the new resources yet.
    if (view?.change?.state === 'running') return null;
    const owned = view?.agents[agent];
    if (owned && (owned.resourceId === null || owned.resourceId === resourceId)) {
      const end = owned.doubt ? null : await this.#client.agents.end({ fleet, agent }, ASK);
      return end === null ? null : lostText(end);
    }
    const running = await unlessMissing(this.#client.agents.describe({ fleet, agent }, ASK));
    if (running === null || !isAgentOf({ resourceId }, running)) return 'no agent has it';
    return strayWhy(view, running.incarnation);
  }

  /**
   * Running agents that are old enough and have no fleet. Agents of a fleet that does not answer
   * are left out.
   */
  async strayAgents(now: number): Promise<StrayAgent[]> {
    const running = await allPages((page) => this.#client.agents.running(page));
    const old = running.filter(
      ({ startedAt, incarnation }) => !isYoung(startedAt, now) && incarnation !== DIRECT_INCARNATION,
    );
    const strays = await inParallel(old, AT_ONCE, async (agent) => {
      const why = await this.#strayWhy(agent);
      return why === null ? [] : [{ ...agent, why }];
    });
    return strays.flat();
  }

  async #strayWhy({ fleet, name, incarnation }: RunningAgent): Promise<string | null> {
    try {
      const view = await this.#fleet(fleet);
      if (view?.change?.state === 'running' || view?.agents[name]) return null;
      return strayWhy(view, incarnation);
    } catch (error) {
      if (isSilent(error)) return null;
      throw error;
    }
  }

  #fleet(fleet: string): Promise<FleetView | null> {
    const asked = this.#fleets.get(fleet) ?? unlessMissing(this.#client.fleets.present(fleet, ASK));
    this.#fleets.set(fleet, asked);
    return asked;
  }
}

/**
 * Why a running agent that its fleet does not list has no owner; null if a service started it and
 * owns it.
 */
function strayWhy(view: FleetView | null, incarnation: string): string | null {
  if (incarnation === DIRECT_INCARNATION) return null;
  return view === null ? 'its fleet is gone' : 'its fleet does not know it';
}

function isAgentOf({ resourceId }: Pick<HeldResource, 'resourceId'>, running: AgentView | null): boolean {
  return running !== null && !isTerminated(running) && running.resourceId === resourceId;
}

async function unlessMissing<T>(view: Promise<T>): Promise<T | null> {
  try {
    return await view;
  } catch (error) {
    if (error instanceof DroverError && (error.code === 'FleetNotFound' || error.code === 'AgentNotFound')) return null;
    throw error;
  }
}
