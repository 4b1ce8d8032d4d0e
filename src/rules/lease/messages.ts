/**
 * Parses every message of a lease's workflow. Each parser throws `InvalidRequest` with the field's
 * path.
 */
import { type LeaseInput, MOST_LEASE_AGENTS, type RenewLease } from '../../contract/lease';
import { version } from '../lib/carried';
import { matching } from '../lib/fields';
import { agentName } from '../lib/grants';
import { message } from '../lib/message';
import * as parse from '../lib/parse';

const agents = parse.list(agentName, MOST_LEASE_AGENTS);

/** Fields of the name of a lease. */
export const nameFields = {
  instance: matching(/^[A-Za-z0-9-]{1,64}$/, '1 to 64 letters, digits or "-"'),
  shard: parse.integer(0, 999_999),
  epoch: parse.integer(1, 999_999_999),
} as const;

/** Signal `renew`. */
export const parseRenewal: parse.Parser<RenewLease> = message({
  epoch: nameFields.epoch,
  n: parse.integer(1),
  joined: agents,
  left: agents,
  size: parse.integer(),
});

/** The input of a lease's first run. */
export const parseLeaseInput: parse.Parser<LeaseInput> = message({
  v: version,
  ...nameFields,
  continueAfterEvents: parse.optional(parse.integer(1)),
});
