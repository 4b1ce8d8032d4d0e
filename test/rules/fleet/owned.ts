/** The agents that a fleet owns after an apply of a specification. */
import type { FleetSpec } from '../../../src/contract/fleet';
import { desiredAgents, type OwnedWithSpec } from '../../../src/rules/fleet/plan/plan';

export function ownedOf(spec: FleetSpec): Record<string, OwnedWithSpec> {
  return Object.fromEntries(
    desiredAgents(spec).map((its) => [
      its.name,
      { resourceId: 'r', key: `key.${its.name}`, revision: 1, provider: its.provider, spec: its },
    ]),
  );
}
