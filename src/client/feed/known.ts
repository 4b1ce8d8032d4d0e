/** The knowledge of a reader about each workflow: how far it has read, and which logs have changed since (docs/events.md). */
import type { LogAnswer, LogQuery, LoggedEvent } from '../../contract/event/log';

/** Temporal's `WorkflowExecutionStatus` of a run that is open, and of one that another run continues. */
const OPEN = 1;
const CONTINUED = 6;

/** One run in visibility that has recorded events. `changedAt` in epoch ms, the attribute `DroverChangedAt`. */
export interface Row {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: number;
  readonly changedAt: number;
}

/** A log to read, and the run whose row says that it has grown. */
export interface Due {
  readonly workflowId: string;
  readonly runId: string;
  /** Whether the last run of the id is asked, and not this run, which has ended. */
  readonly isLast: boolean;
  readonly changedAt: number;
}

/** The events that are new, and how many are gone (0: none). */
export interface News {
  readonly entries: readonly LoggedEvent[];
  readonly missed: number;
}

interface Known {
  /** Only later entries are new, of a log that was never read. */
  readonly since: number;
  /** The attribute that was last read up to. */
  changedAt: number;
  /** The same of each run. */
  readonly runs: Map<string, number>;
  /** The number of the next entry, by the first number of each incarnation that was read. */
  readonly next: Map<number, number>;
}

/** Incarnations and runs that are remembered of one id. */
const KEPT = 8;

/** Everything that one reader knows. Entries up to `since` (epoch ms) are old. */
export class Knowledge {
  readonly #known = new Map<string, Known>();
  #highest: number;
  readonly #since: number;

  /** `rows` have changed lately, and count as read. */
  constructor(since: number, rows: readonly Row[] = []) {
    this.#since = since;
    this.#highest = since;
    // Entries of these up to now are old.
    for (const row of rows) this.#hasRead({ ...row, isLast: true }, row.changedAt);
  }

  /** The highest `DroverChangedAt` of any row. */
  get highest(): number {
    return this.#highest;
  }

  /** The logs that have grown since they were read, each once, the oldest change first. */
  due(rows: readonly Row[]): Due[] {
    const found = new Map<string, Due>();
    for (const { workflowId, runId, status, changedAt } of rows) {
      this.#highest = Math.max(this.#highest, changedAt);
      const known = this.#known.get(workflowId);
      const isLast = status === OPEN || status === CONTINUED;
      // The next run of a continued one has its log, and was read as the last run.
      const readTo = known?.runs.get(runId) ?? (status === CONTINUED ? known?.changedAt : undefined);
      if (readTo !== undefined && readTo >= changedAt) continue;
      const due = { workflowId, runId, isLast, changedAt };
      const before = found.get(keyOf(due));
      if (before === undefined || before.changedAt < changedAt) found.set(keyOf(due), due);
    }
    return [...found.values()].sort((a, b) => a.changedAt - b.changedAt);
  }

  /** The query by which a log is read. */
  queryOf({ workflowId, isLast }: Due): LogQuery {
    const known = this.#known.get(workflowId);
    const nexts = [...(known?.next.values() ?? [])];
    if (nexts.length === 0) return { since: known?.since ?? this.#since };
    // An ended run may belong to any incarnation.
    const next = isLast ? Math.max(...nexts) : Math.min(...nexts);
    return { after: next - 1 };
  }

  /** Takes an answer. Every entry is new once. */
  take(due: Due, answer: LogAnswer): News {
    const known = this.#of(due.workflowId);
    const news = newsOf(known, answer);
    known.next.set(answer.first, answer.next);
    keepNewest(known.next);
    this.#hasRead(due);
    return news;
  }

  /** Counts a log as read that no longer exists. */
  skip(due: Due): void {
    this.#hasRead(due);
  }

  #of(workflowId: string, since = this.#since): Known {
    const known = this.#known.get(workflowId) ?? {
      since,
      changedAt: -Infinity,
      runs: new Map<string, number>(),
      next: new Map<number, number>(),
    };
    this.#known.set(workflowId, known);
    return known;
  }

  #hasRead({ workflowId, runId, isLast, changedAt }: Due, since?: number): void {
    const known = this.#of(workflowId, since);
    this.#highest = Math.max(this.#highest, changedAt);
    if (isLast) known.changedAt = Math.max(known.changedAt, changedAt);
    known.runs.delete(runId);
    known.runs.set(runId, changedAt);
    for (const old of [...known.runs.keys()].slice(0, -KEPT)) known.runs.delete(old);
  }
}

/** Names what is read: the last run of an id, or one run. */
export function keyOf({ workflowId, runId, isLast }: Due): string {
  return isLast ? workflowId : `${workflowId} ${runId}`;
}

function newsOf({ since, changedAt, next }: Known, { first, next: end, entries, missed }: LogAnswer): News {
  const read = next.get(first);
  if (read === undefined) {
    const isLater = next.size > 0 && first > Math.max(...next.keys());
    return isLater ? { entries, missed } : { entries: entries.filter(({ at }) => Date.parse(at) > since), missed };
  }
  // The workflow was reset, and records again from an earlier number on.
  if (end < read) return { entries: entries.filter(({ at }) => Date.parse(at) > changedAt), missed: 0 };
  const fresh = entries.filter(({ seq }) => seq >= read);
  return { entries: fresh, missed: Math.max(0, (fresh[0]?.seq ?? end) - read) };
}

function keepNewest(next: Map<number, number>): void {
  for (const old of [...next.keys()].sort((a, b) => a - b).slice(0, -KEPT)) next.delete(old);
}
