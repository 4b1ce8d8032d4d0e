/** The audit trail of a gateway (docs/security.md, "Audit"). */
import type { ErrorCode } from '../errors';
import type { Role } from './role';

/** One command, or one refused call: from the trail of a gateway, or from the log of the workflow that it commanded. */
export interface AuditEntry {
  /** ISO 8601, by the clock of the gateway. */
  readonly at: string;
  /** The name of the token; null: no valid token. */
  readonly who: string | null;
  readonly role: Role | null;
  /** The address of the caller; of a command at a command line, the machine. */
  readonly from: string | null;
  /** Of the HTTP request. From a workflow: the command and its subject as `drover` has them, `pause` and `mars/AgentA`. */
  readonly method: string;
  readonly path: string;
  /** Absent: from the trail of a gateway. */
  readonly source?: 'workflow';
  /** The subject of the call: a fleet, and its agent or run. Absent for objects that fleets share. */
  readonly fleet?: string;
  readonly agent?: string;
  readonly run?: string;
  /** The id of the request, as in the log of the agent, fleet or run; null: the call has none. */
  readonly requestId: string | null;
  readonly status: number;
  /** The code of a refusal; null: accepted. */
  readonly code: ErrorCode | null;
  /** Further calls without a valid token, which have no entries of their own. */
  readonly more?: number;
}

/** Which entries: since a time in epoch milliseconds, at most `limit` of them, the newest first. */
export interface AuditFilter {
  readonly sinceMs: number;
  readonly limit: number;
  /** Any of these fleets; together with `fleet`, both conditions apply. */
  readonly fleets?: readonly string[];
  readonly fleet?: string;
  readonly agent?: string;
  readonly run?: string;
  /** Refused calls only. */
  readonly refused?: true;
}

/** Commands as workflows have recorded them, the newest first. */
export interface CommandList {
  readonly items: readonly AuditEntry[];
  /** How many workflows were not asked, or did not answer. */
  readonly unread: number;
}

/** The name of the file in the state directory, one JSON object a line, and that of the previous file. */
export const AUDIT_FILES = { now: 'audit.ndjson', before: 'audit.1.ndjson' } as const;
