/** Records of turns: what a worker keeps on disk of each turn that it took (docs/operations.md, "Turns that are over"). */
import type { ErrorBody } from '../errors';
import type { TurnUsage } from '../usage';

/** One attempt of a turn. Secrets are `***`. */
export interface TurnRecord {
  /** Different for every record of an installation; records are in the order of their ids. */
  readonly id: string;
  readonly fleet: string;
  readonly run: string;
  readonly branch: string;
  readonly turnId: string;
  readonly agent: string;
  /** How often the agent had been asked, from 1. */
  readonly attempt: number;
  /** The host of the worker that took the turn. */
  readonly host: string;
  /** In ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** The input of the agent, as in the body of `POST /turn`. */
  readonly input: unknown;
  /** Its reply; absent if the turn failed. */
  readonly reply?: unknown;
  readonly error?: Pick<ErrorBody, 'code' | 'message'>;
  /** The usage that the reply reports. */
  readonly usage?: TurnUsage;
  /** Input or reply were longer than 64 KiB of JSON: each is then a text, without its middle. */
  readonly cut?: true;
}

/** One page of records. */
export interface TurnRecordPage {
  readonly turns: readonly TurnRecord[];
  /** `after` of the next page; null: this is the last one. */
  readonly next: string | null;
  /** Why this host keeps no turns at the moment, for example a full disk; null: it does. */
  readonly problem: string | null;
}

/** Asks a worker for the turns of a run that it took. */
export interface TurnRecordsCall {
  readonly fleet: string;
  readonly run: string;
  readonly after?: string;
}

/** The question to the workers, which a client asks without a workflow. */
export interface TurnRecordActivities {
  /**
   * A `TurnRecordPage` as JSON, sealed with the agents' secret (src/lib/sealed.ts), because Temporal
   * keeps answers for a while.
   */
  readTurns(call: TurnRecordsCall): Promise<{ readonly sealed: string }>;
}

/** The turns of a run, from every host that has answered. */
export interface RunTurns {
  readonly turns: readonly TurnRecord[];
  /** The missing turns, and why: hosts that do not answer, a full disk, or more than 16 MiB of turns. */
  readonly problems: readonly string[];
}

/** The subject of a sealed page of a run. */
export function turnsOf({ fleet, run }: TurnRecordsCall): string {
  return `turns of ${fleet}/${run}`;
}
