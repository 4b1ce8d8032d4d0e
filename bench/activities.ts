/** The activities of a bench's worker over a provider in memory, as src/worker.ts has them over the real ones. */
import { createFleetActivities } from '../src/activities/fleet/fleet';
import { createSignalActivities } from '../src/activities/signals';
import type { Calls } from '../src/client/temporal/calls';
import type { PreflightActivities } from '../src/contract/fleet/preflight';
import type { MemoryProvider } from '../test/support/memory-provider';

/** What agents and fleets over this provider need, without turns. `name` is the installation and the host. */
export function memoryActivities(provider: MemoryProvider, calls: Calls, name: string) {
  // Agents in memory need nothing of their host.
  const preflight: PreflightActivities = { checkAgents: async () => ({ unmet: [] }) };
  return { ...provider.activities, ...preflight, ...messageActivities(calls, name) };
}

/** Messages between workflows, and the plans of fleets; some of them are local, so the worker with the workflows has them. */
export function messageActivities(calls: Calls, name: string) {
  return { ...createSignalActivities(calls), ...createFleetActivities({ calls, installation: name, host: name }) };
}
