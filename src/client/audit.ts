/** Who gave which command, from the logs of the workflows that were commanded (docs/security.md, "Audit"). */
import type { AuditEntry, AuditFilter, CommandList } from '../contract/caller/audit';
import { agentWorkflowId, runWorkflowId } from '../contract/names';
import { commandEntry, withCommands } from '../rules/events/commands';
import { type Due, Knowledge } from './feed/known';
import { changedRows } from './feed/lists';
import { readLogs } from './feed/replay';
import type { Calls } from './temporal/calls';

/** The most workflows that one look asks, those that changed last: some seconds of a busy worker. */
const MOST_ASKED = 200;
/** Workflows whose logs hold commands. */
const COMMANDED = /^(?:fleet\/[^/]+|agent\/[^/]+\/[^/]+|run\/[^/]+\/[^/]+|pool\/[^/]+)$/;

/** The commands that workflows have recorded: also those that were given at a terminal, or through another gateway. */
export class Audit {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * The commands since a time, the newest first, as far as the logs reach: each keeps its last 64 events. A
   * command that was refused is in no log.
   */
  async commands(filter: AuditFilter): Promise<CommandList> {
    if (filter.refused === true) return { items: [], unread: 0 };
    const dues = await this.#duesOf(filter);
    const asked = dues.slice(0, MOST_ASKED);
    const { events, silent } = await readLogs(this.#calls, filter.sinceMs, asked);
    const entries = events.map(({ event }) => commandEntry(event)).filter((entry) => entry !== null);
    const items = entries.filter((entry) => isWanted(entry, filter)).reverse();
    return { items: items.slice(0, filter.limit), unread: silent.length + dues.length - asked.length };
  }

  /** The trail of a gateway with the commands that it does not have, each once, the newest first. */
  async joined(trail: readonly AuditEntry[], filter: AuditFilter): Promise<CommandList> {
    const { items, unread } = await this.commands(filter);
    return { items: withCommands(trail, items, filter.limit), unread };
  }

  /** The logs to read, the latest change first. */
  async #duesOf({ sinceMs, fleet, fleets, agent, run }: AuditFilter): Promise<readonly Due[]> {
    if (fleet !== undefined && agent !== undefined) return [lastOf(agentWorkflowId(fleet, agent), sinceMs)];
    if (fleet !== undefined && run !== undefined) return [lastOf(runWorkflowId(fleet, run), sinceMs)];
    const from = Math.max(0, sinceMs);
    const wanted = fleet === undefined ? (fleets ?? [undefined]) : [fleet];
    const rows = await Promise.all(wanted.map((name) => changedRows(this.#calls, from, name)));
    const commanded = rows.flat().filter(({ workflowId }) => COMMANDED.test(workflowId));
    return new Knowledge(from).due(commanded).reverse();
  }
}

function lastOf(workflowId: string, changedAt: number): Due {
  return { workflowId, runId: '', isLast: true, changedAt };
}

function isWanted(entry: AuditEntry, { fleet, fleets, agent, run }: AuditFilter): boolean {
  return (
    (fleet === undefined || entry.fleet === fleet) &&
    (fleets === undefined || fleets.includes(entry.fleet ?? '')) &&
    (agent === undefined || entry.agent === agent) &&
    (run === undefined || entry.run === run)
  );
}
