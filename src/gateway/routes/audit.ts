/** The audit trail of this gateway, for those who may command. */
import type { AuditEntry, AuditFilter } from '../../contract/caller/audit';
import { DroverError } from '../../contract/errors';
import { fleetsOf } from '../access/caller';
import type { Handlers } from '../calls';

/** Entries since a time that match, the newest first. */
export type ReadAudit = (filter: AuditFilter) => readonly AuditEntry[];

/** The last 24 hours unless the caller says otherwise. */
const SINCE_MS = 24 * 3_600_000;
/** As many as a screen shows. */
const LIMIT = 200;

/** The handler over what reads the trail; `now` in epoch milliseconds. */
export function auditHandlers(read: ReadAudit, now: () => number): Handlers<'audit'> {
  return {
    audit: ({ query: { fleet, agent, run, since, refused, limit = LIMIT }, request }) => {
      if (fleet === undefined && (agent !== undefined || run !== undefined))
        throw new DroverError('InvalidRequest', 'an agent and a run are named with their fleet: add fleet=');
      const sinceMs = since === undefined ? now() - SINCE_MS : Date.parse(since);
      const fleets = fleetsOf(request.caller);
      return {
        items: read({
          sinceMs,
          limit,
          ...(fleets && { fleets }),
          ...(fleet !== undefined && { fleet }),
          ...(agent !== undefined && { agent }),
          ...(run !== undefined && { run }),
          ...(refused === true && { refused }),
        }),
      };
    },
  };
}
