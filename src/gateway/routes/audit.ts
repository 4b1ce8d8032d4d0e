/** The audit trail of this gateway, for those who may command. */
import type { AuditEntry, AuditFilter, CommandList } from '../../contract/caller/audit';
import { DroverError } from '../../contract/errors';
import { withCommands } from '../../rules/events/commands';
import { fleetsOf } from '../access/caller';
import type { Handlers } from '../calls';

/** Entries since a time that match, the newest first. */
export type ReadAudit = (filter: AuditFilter) => readonly AuditEntry[];

/** The last 24 hours unless the caller says otherwise. */
const SINCE_MS = 24 * 3_600_000;
/** As many as a screen shows. */
const LIMIT = 200;

/** The commands that workflows have recorded. */
export type ReadCommands = (filter: AuditFilter) => Promise<CommandList>;

/** The handler over what reads the trail and the workflows; `now` in epoch milliseconds. */
export function auditHandlers(read: ReadAudit, commands: ReadCommands, now: () => number): Handlers<'audit'> {
  return {
    audit: async ({ query: { fleet, agent, run, since, refused, limit = LIMIT }, request }) => {
      if (fleet === undefined && (agent !== undefined || run !== undefined))
        throw new DroverError('InvalidRequest', 'an agent and a run are named with their fleet: add fleet=');
      const sinceMs = since === undefined ? now() - SINCE_MS : Date.parse(since);
      const fleets = fleetsOf(request.caller);
      const filter: AuditFilter = {
        sinceMs,
        limit,
        ...(fleets && { fleets }),
        ...(fleet !== undefined && { fleet }),
        ...(agent !== undefined && { agent }),
        ...(run !== undefined && { run }),
        ...(refused === true && { refused }),
      };
      const { items, unread, problem } = await recorded(commands, filter);
      return { items: withCommands(read(filter), items, limit), unread, problem };
    },
  };
}

/** The trail is of use also while Temporal does not answer. */
async function recorded(
  commands: ReadCommands,
  filter: AuditFilter,
): Promise<CommandList & { problem: string | null }> {
  try {
    return { ...(await commands(filter)), problem: null };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { items: [], unread: 0, problem: error.message };
  }
}
