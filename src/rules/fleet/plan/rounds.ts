/** The checks of a plan: those with which its `apply` would begin. Only clients plan, so the workflows do not load this. */
import type { FleetSpec, PlannedChange } from '../../../contract/fleet';
import { type PreflightRound, roundsOf } from '../preflight';
import { desiredAgents } from './plan';

/** The subject of a plan's checks: its fleet, the host that would start its processes, and its changes. */
export interface PlanToCheck {
  readonly fleet: string;
  readonly host: string;
  readonly changes: readonly PlannedChange[];
  readonly spec: FleetSpec;
}

/** The checks with which an `apply` of this plan would begin. Hosts that only hold a predecessor are not asked. */
export function planRounds({ fleet, host, changes, spec }: PlanToCheck): PreflightRound[] {
  const desired = new Map(desiredAgents(spec).map((agent) => [agent.name, agent]));
  const placed = changes.map((one) => ({ ...one, spec: desired.get(one.agent) ?? null, previous: null }));
  return roundsOf({ fleet, host, changes: placed }, spec.subscriptions ?? []);
}
