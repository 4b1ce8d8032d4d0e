/** What providers hold under this installation's label that no fleet and no agent owns: what even compensation could miss. */
import type { AgentView, ProviderKind } from './contract/agent';
import { DroverError } from './contract/errors';
import type { FleetView } from './contract/fleet';
import { DIRECT_INCARNATION } from './contract/names';
import type { DroverClient } from './client';
import { messageOf } from './contract/text';
import type { HeldResource, Provider, Providers } from './providers/provider';

/** One resource that nobody owns. `createdAt` in ISO 8601. */
export interface Garbage extends HeldResource {
  readonly provider: ProviderKind;
}

/** What was found, and the providers that could not be asked. */
export interface GarbageReport {
  readonly items: readonly Garbage[];
  readonly unreachable: readonly { readonly provider: ProviderKind; readonly why: string }[];
}

/** provisioning.md: a younger resource is never garbage, as whoever made it may not have said so yet. */
const YOUNG_MS = 10 * 60_000;
/** A polite stop takes its grace (10 s), then two calls to the provider. */
const TERMINATE_MS = 60_000;

/** Looks through every provider. Rejects where Temporal does not answer: then nobody knows what is owned. `now` in epoch ms. */
export async function findGarbage(client: DroverClient, providers: Providers, now: number): Promise<GarbageReport> {
  const items: Garbage[] = [];
  const unreachable: GarbageReport['unreachable'][number][] = [];
  const fleets = new Map<string, FleetView | null>();
  for (const provider of Object.values(providers)) {
    const held = await provider.list().catch((error: unknown) => {
      unreachable.push({ provider: provider.kind, why: messageOf(error) });
      return [];
    });
    for (const resource of held) {
      if (now - Date.parse(resource.createdAt) <= YOUNG_MS) continue;
      if (!(await isOwned(client, resource, fleets))) items.push({ ...resource, provider: provider.kind });
    }
  }
  return { items, unreachable };
}

/** Removes one, which leaves a tombstone on its key. An agent that its fleet has left behind is terminated before. */
export async function collect(client: DroverClient, garbage: Garbage, providers: Providers): Promise<void> {
  const { provider: kind, fleet, agent, key, resourceId } = garbage;
  const ref = { fleet, agent };
  if (isAgentOf(garbage, await unlessMissing(client.agents.describe(ref)))) {
    await unlessMissing(client.agents.command(ref, 'terminate', {}, { wait: true, timeoutMs: TERMINATE_MS }));
  }
  const provider: Provider | undefined = providers[kind];
  await provider?.destroy({ fleet, agent, provider: kind, spec: { name: agent, provider: kind }, resourceId, key });
}

async function isOwned(
  client: DroverClient,
  { fleet, agent, resourceId }: HeldResource,
  fleets: Map<string, FleetView | null>,
): Promise<boolean> {
  if (!fleets.has(fleet)) fleets.set(fleet, await unlessMissing(client.fleets.describe(fleet)));
  const view = fleets.get(fleet);
  // While a change runs, what it has made may not be in the fleet's map yet.
  if (view?.change?.state === 'running') return true;
  const owned = view?.agents[agent];
  if (owned && (owned.resourceId === null || owned.resourceId === resourceId)) return true;
  const running = await unlessMissing(client.agents.describe({ fleet, agent }));
  if (!isAgentOf({ resourceId }, running)) return false;
  // An agent that a service has started itself is its own owner; one of a fleet that is gone is nobody's.
  return running?.incarnation === DIRECT_INCARNATION || running?.incarnation === view?.incarnation;
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
