/** Reads what a lease's workflow begins with: the input of its first run, or the state that an earlier run has left. */
import { MOST_LEASE_AGENTS } from '../../contract/lease';
import { carriedIn, stateOf, time, version, words } from '../lib/carried';
import { agentName } from '../lib/grants';
import { parseEventLog } from '../lib/log/log-carried';
import { integer, list, nullable, type Parser } from '../lib/parse';
import { nameFields, parseLeaseInput } from './messages';
import { type LeaseState, newLease } from './state';

const { instance, shard, epoch } = nameFields;

/** The state. A renewal may add as many agents as it may have before it ends the lease. */
export const parseLeaseState: Parser<LeaseState> = stateOf<LeaseState>()({
  v: version,
  instance,
  shard,
  epoch,
  n: integer(),
  agents: list(agentName, 2 * MOST_LEASE_AGENTS),
  renewedAt: time,
  dueAt: time,
  ends: nullable(words),
  log: parseEventLog,
  continueAfterEvents: nullable(integer(1)),
});

/** The state that a run begins with. Throws `InvalidRequest` with the path of what is wrong. */
export function initialLease(input: unknown, now: number): LeaseState {
  const carried = carriedIn(input);
  if (carried === undefined) return newLease(parseLeaseInput(input, 'input'), now);
  version(carried.v, 'input.v');
  return parseLeaseState(carried.state, 'input.state');
}
