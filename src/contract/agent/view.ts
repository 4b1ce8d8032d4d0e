/** The public state of an agent: its view, its item in lists, and its report to a change. */
import type { Permissions } from './adapter';
import type { Labels } from './labels';
import type { Trouble } from '../trouble';
import type { Usage } from '../usage';
import type { OpenTurn } from './open-turn';
import type { AssignedSubscription, Hold } from './resource';
import type { ProviderKind } from './spec';
import type { AgentPhase, AgentStatus, Liveness, Move, Runtime } from './status';

/** One decision of the agent's workflow: who, what, when, before, after, why. */
export interface Decision {
  readonly at: string;
  readonly by: string;
  readonly what: string;
  readonly accepted: boolean;
  readonly before: string;
  readonly after: string;
  readonly why: string | null;
}

/**
 * The view of an agent: the same JSON in the query `describe`, under `-o json`, and over HTTP.
 * Times are ISO 8601 in UTC.
 */
export interface AgentView {
  readonly fleet: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly phase: AgentPhase;
  readonly runtime: Runtime;
  readonly liveness: Liveness;
  /** How often the restart policy and operators have started it again. */
  readonly restarts: number;
  /** Of its specification; absent if it has none. */
  readonly labels?: Labels;
  readonly holds: readonly Hold[];
  readonly turns: { readonly inFlight: number; readonly queued: number };
  readonly provider: ProviderKind;
  /** How its questions for permission are answered (docs/adapters.md); only for `adapter.acp`. */
  readonly permissions?: Permissions;
  readonly resourceId: string | null;
  readonly pid?: number;
  readonly host?: string;
  readonly instanceId: string | null;
  readonly endpoint: string | null;
  readonly subscription: AssignedSubscription | null;
  readonly registeredAt: string | null;
  /** The last proof that its workflow has received; a gateway that vouches for it sends none. */
  readonly lastProofAt: string | null;
  /** Its last beat at the gateway that answers; absent elsewhere, and if it has not beaten there. */
  readonly lastBeatAt?: string;
  /** The leases of the gateways that vouch for it; absent without one. */
  readonly heldBy?: readonly string[];
  /** The usage of its turns since its workflow began; absent if none reported usage. */
  readonly usage?: Usage;
  /** Its session (contract/agent/session.ts); only in `describe`, absent without one. */
  readonly session?: string;
  /** The incarnation of the fleet that owns it. */
  readonly incarnation: string;
  readonly revision: number;
  /**
   * The interval of beats, and the silence after which it counts as offline, in milliseconds; the
   * gateway coalesces beats by them.
   */
  readonly beats: { readonly everyMs: number; readonly staleAfterMs: number };
  /**
   * One sentence: why the agent is not working, and which command or event changes that; null if
   * it works.
   */
  readonly why: string | null;
  /** Work that its workflow retries at the moment; absent without such work. */
  readonly troubles?: readonly Trouble[];
  /** Its first 50 turns, those in flight before those in the queue; only in `describe`. */
  readonly openTurns?: readonly OpenTurn[];
  readonly decisions?: readonly Decision[];
  /** Every command, and why it is not possible now; only in `describe`. */
  readonly moves?: readonly Move[];
}

/** The state of a list's item whose workflow does not answer. */
export type Unknown = 'unknown';

/** An agent in a list, from visibility. */
export interface AgentListItem {
  readonly fleet: string;
  readonly name: string;
  /** `unknown` while its workflow does not answer, because its last status may be outdated. */
  readonly status: AgentStatus | Unknown;
  readonly liveness: Liveness | Unknown;
  /** `unknown` before its first report, and while its workflow does not answer. */
  readonly phase: AgentPhase | Unknown;
  readonly runtime: Runtime | Unknown;
  readonly restarts: number;
  /** When the agent was created; null: not known yet. */
  readonly since: string | null;
  readonly holds: readonly string[];
  readonly subscription: string | null;
  /** Absent if it has none. */
  readonly labels?: Labels;
  /** The usage of its turns; absent if none reported usage. */
  readonly usage?: Usage;
  /** Why it is not working, and what changes that; null if it works. */
  readonly why: string | null;
  /** Why its workflow does not answer, if the server reports it; null: no problem is known. */
  readonly problem: string | null;
}

/**
 * The end of an agent's start (signal `agentReported` to `reportTo`, repeated after every
 * `configure`).
 */
export interface AgentReport {
  readonly agent: string;
  readonly incarnation: string;
  readonly revision: number;
  readonly outcome: 'ready' | 'failed';
  /** The reason of `failed`: what the provider knows, with the last lines of the log; else null. */
  readonly error: string | null;
  /** The start was refused: its specification may not run here. Absent for any other end. */
  readonly code?: 'Forbidden';
  readonly pid?: number;
}

/** The memo of an agent's workflow: the fields of lists that search attributes do not hold. */
export const AGENT_MEMO = 'told';

/** The value of that memo. */
export interface AgentTold {
  readonly phase: AgentPhase;
  readonly runtime: Runtime;
  readonly restarts: number;
  /** ISO 8601. */
  readonly since: string;
  readonly why: string | null;
  readonly labels?: Labels;
}
