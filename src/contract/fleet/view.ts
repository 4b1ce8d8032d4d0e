/** The public state of a fleet: its view, its description, and its item in lists. */
import type { Hold } from '../agent';
import type { LostParts } from '../ends';
import type { Trouble } from '../trouble';
import type { Usage } from '../usage';
import type { ChangeState, ChangeView, OwnedAgent } from './change';
import type { FleetSpec } from './spec';
import type { TopologyView } from './topology';

/**
 * An agent that lacks its fleet's holds. `why` null: it accepted them, and they take effect, for
 * example after a drain.
 */
export interface UntoldAgent {
  readonly agent: string;
  readonly why: string | null;
}

/** The view of a fleet. */
export interface FleetView {
  readonly fleet: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly change: ChangeView | null;
  readonly holds: readonly Hold[];
  readonly agents: Readonly<Record<string, Pick<OwnedAgent, 'resourceId' | 'revision' | 'doubt'>>>;
  readonly spec: FleetSpec;
  /**
   * The usage of turns: in a description that of all agents so far, in the workflow's own view that
   * of agents that have ended. Absent if none reported usage.
   */
  readonly usage?: Usage;
  /** Agents that lack the current holds; absent if all have them. */
  readonly untold?: readonly UntoldAgent[];
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
}

/** The view of a fleet with its topology as a graph, for `describe fleet`, `-o json` and HTTP. */
export interface FleetDescription extends FleetView {
  readonly topology: TopologyView | null;
  /** The lost agents and pools, until an `apply` creates them again; empty while a change runs. */
  readonly lost: LostParts;
}

/** A fleet in a list, from visibility. */
export interface FleetListItem {
  readonly fleet: string;
  /** The revision of its last change. */
  readonly revision: number;
  /** How its last change ended, or `changing` while one runs. */
  readonly state: ChangeState | 'changing';
  /** The agents that it owns, and how many of them are ready. */
  readonly agents: number;
  readonly ready: number;
  readonly holds: readonly string[];
  /** The usage of its agents' turns, ended agents included; absent if none reported usage. */
  readonly usage?: Usage;
  /** Why its workflow does not answer, if the server reports it; null: no problem is known. */
  readonly problem: string | null;
}

/** The memo of a fleet's workflow: the fields of lists that search attributes do not hold. */
export const FLEET_MEMO = 'told';

/** The value of that memo; `state` null: no change has begun. */
export interface FleetTold {
  readonly revision: number;
  readonly state: FleetListItem['state'] | null;
  readonly agents: number;
  /** The usage of agents that have ended; absent if none reported usage. */
  readonly usage?: Usage;
}
