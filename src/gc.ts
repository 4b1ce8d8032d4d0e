/** What no fleet and no agent owns: resources under this installation's label, and agents that their fleet does not know. */
import type { AgentView, ProviderKind } from './contract/agent';
import { DroverError } from './contract/errors';
import type { FleetView } from './contract/fleet';
import { DIRECT_INCARNATION } from './contract/names';
import { messageOf } from './contract/text';
import type { DroverClient, RunningAgent } from './client';
import { allPages } from './client/pages';
import { lostText } from './rules/ends';
import type { HeldResource, Provider, Providers } from './providers/provider';

/** One thing that is left over, and why. `key` null: an agent whose resource no provider here has listed. `createdAt` in ISO 8601. */
export interface Garbage extends Omit<HeldResource, 'key'> {
  readonly provider: ProviderKind;
  readonly key: string | null;
  readonly why: string;
}

/** What was found, and the providers that could not be asked. */
export interface GarbageReport {
  readonly items: readonly Garbage[];
  readonly unreachable: readonly { readonly provider: ProviderKind; readonly why: string }[];
}

/** provisioning.md: what is younger is never garbage, as whoever made it may not have said so yet. */
const YOUNG_MS = 10 * 60_000;
/** A polite stop takes its grace (10 s), then two calls to the provider. */
const TERMINATE_MS = 60_000;

/** Looks through every provider and every agent. Rejects where Temporal does not answer: then nobody knows what is owned. `now` in epoch ms. */
export async function findGarbage(client: DroverClient, providers: Providers, now: number): Promise<GarbageReport> {
  const items: Garbage[] = [];
  const unreachable: GarbageReport['unreachable'][number][] = [];
  const owners = new Owners(client);
  for (const provider of Object.values(providers)) {
    const held = await provider.list().catch((error: unknown) => {
      unreachable.push({ provider: provider.kind, why: messageOf(error) });
      return [];
    });
    for (const resource of held) {
      const why = isYoung(resource.createdAt, now) ? null : await owners.missingOf(resource);
      if (why !== null) items.push({ ...resource, provider: provider.kind, why });
    }
  }
  for (const { fleet, name, startedAt, why } of await owners.strayAgents(now)) {
    const view = await unlessMissing(client.agents.describe({ fleet, agent: name }));
    if (view === null || view.status === 'terminated') continue;
    const { provider, resourceId } = view;
    const isListed = items.some(
      (item) => item.fleet === fleet && item.agent === name && item.resourceId === resourceId,
    );
    if (isListed) continue;
    items.push({ provider, fleet, agent: name, key: null, resourceId: resourceId ?? '', createdAt: startedAt, why });
  }
  return { items, unreachable };
}

/** Removes one; a resource leaves a tombstone on its key. An agent that its fleet has left behind is terminated before. */
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

/** Who owns what, each fleet asked once. */
class Owners {
  readonly #client: DroverClient;
  readonly #fleets = new Map<string, FleetView | null>();

  constructor(client: DroverClient) {
    this.#client = client;
  }

  /** Why a resource belongs to nobody; null: it has an owner. */
  async missingOf({ fleet, agent, resourceId }: HeldResource): Promise<string | null> {
    const view = await this.#fleet(fleet);
    // While a change runs, what it has made may not be in the fleet's map yet.
    if (view?.change?.state === 'running') return null;
    const owned = view?.agents[agent];
    if (owned && (owned.resourceId === null || owned.resourceId === resourceId)) {
      const end = owned.doubt ? null : await this.#client.agents.end({ fleet, agent });
      return end === null ? null : lostText(end);
    }
    const running = await unlessMissing(this.#client.agents.describe({ fleet, agent }));
    if (running === null || !isAgentOf({ resourceId }, running)) return 'no agent has it';
    return strayWhy(view, running.incarnation);
  }

  /** Agents that run, old enough, and that no fleet owns. */
  async strayAgents(now: number): Promise<(RunningAgent & { readonly why: string })[]> {
    const strays: (RunningAgent & { readonly why: string })[] = [];
    for (const running of await allPages((page) => this.#client.agents.running(page))) {
      if (isYoung(running.startedAt, now) || running.incarnation === DIRECT_INCARNATION) continue;
      const view = await this.#fleet(running.fleet);
      if (view?.change?.state === 'running' || view?.agents[running.name]) continue;
      const why = strayWhy(view, running.incarnation);
      if (why !== null) strays.push({ ...running, why });
    }
    return strays;
  }

  async #fleet(fleet: string): Promise<FleetView | null> {
    const known = this.#fleets.get(fleet);
    if (known !== undefined) return known;
    const view = await unlessMissing(this.#client.fleets.present(fleet));
    this.#fleets.set(fleet, view);
    return view;
  }
}

/** Why an agent that runs, and that its fleet does not list, belongs to nobody; null: a service that has started it itself owns it. */
function strayWhy(view: FleetView | null, incarnation: string): string | null {
  if (incarnation === DIRECT_INCARNATION) return null;
  return view === null ? 'its fleet is gone' : 'its fleet does not know it';
}

function isAgentOf({ resourceId }: Pick<HeldResource, 'resourceId'>, running: AgentView | null): boolean {
  return running !== null && running.status !== 'terminated' && running.resourceId === resourceId;
}

async function unlessMissing<T>(view: Promise<T>): Promise<T | null> {
  try {
    return await view;
  } catch (error) {
    if (error instanceof DroverError && (error.code === 'FleetNotFound' || error.code === 'AgentNotFound')) return null;
    throw error;
  }
}
