/** The audit trail of this gateway, for those who may command. */
import type { AuditEntry, AuditFilter, CommandList } from '../../contract/caller/audit';
import { DroverError } from '../../contract/errors';
import { fleetsOf } from '../access/caller';
import type { Handlers } from '../calls';

/** Entries since a time that match, the newest first. */
export type ReadAudit = (filter: AuditFilter) => readonly AuditEntry[];

/** The last 24 hours unless the caller says otherwise. */
const SINCE_MS = 24 * 3_600_000;
/** As many as a screen shows. */
const LIMIT = 200;

/** Joins a trail with what workflows have recorded. */
export type JoinTrail = (trail: readonly AuditEntry[], filter: AuditFilter) => Promise<CommandList>;

/** The handler over what reads the trail and the workflows; `now` in epoch milliseconds. */
export function auditHandlers(read: ReadAudit, join: JoinTrail, now: () => number): Handlers<'audit'> {
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
      return joined(join, read(filter), filter);
    },
  };
}

/** The trail is of use also while Temporal does not answer. */
async function joined(
  join: JoinTrail,
  trail: readonly AuditEntry[],
  filter: AuditFilter,
): Promise<CommandList & { readonly problem: string | null }> {
  try {
    return { ...(await join(trail, filter)), problem: null };
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return { items: trail, unread: 0, problem: error.message };
  }
}
