/** Reads the argument of a pool's workflow: the input of its first run, or the state that an earlier run has left. */
import type { AllocationGranted } from '../../contract/pool';
import { notifySpec } from '../lib/fields';
import { parseEventLog } from '../lib/log/log-carried';
import { parseAllocationGranted } from '../lib/grants';
import { carriedIn, requestMark, span, stateOf, time, version, words } from '../lib/carried';
import { boolean, integer, list, name, nullable, optional, type Parser, record } from '../lib/parse';
import { configurationFields, parseAllocationRequested, parsePoolInput } from './messages';
import { type Assignment, type Grant, newPool, type PoolEvent, type PoolState } from './state';

const { credentials, skipFor } = configurationFields;
const grant: Parser<AllocationGranted> = parseAllocationGranted;

/** The state. */
export const parsePoolState: Parser<PoolState> = stateOf<PoolState>()({
  v: version,
  pool: name,
  config: stateOf<PoolState['config']>()({ credentials, skipFor }),
  fleets: record(notifySpec),
  isLeft: boolean,
  assigned: record(
    stateOf<Assignment>()({
      credential: name,
      assignment: integer(),
      requestId: words,
      previous: nullable(stateOf<NonNullable<Assignment['previous']>>()({ credential: name, assignment: integer() })),
    }),
  ),
  rejected: optional(record(record(time))),
  waiting: list(parseAllocationRequested),
  announced: boolean,
  lastAssignment: integer(),
  events: list(
    stateOf<PoolEvent>()({
      credential: name,
      at: time,
      resetAt: nullable(time),
      coolMs: nullable(span),
      saidBy: optional(words),
    }),
  ),
  granted: list(stateOf<Grant>()({ agent: words, grant })),
  requests: list(requestMark),
  log: parseEventLog,
  continueAfterEvents: nullable(integer(1)),
});

/** The state that a run begins with. Throws `InvalidRequest` with the path of what is wrong. */
export function initialPool(input: unknown): PoolState {
  const carried = carriedIn(input);
  if (carried !== undefined) {
    version(carried.v, 'input.v');
    return parsePoolState(carried.state, 'input.state');
  }
  const { v: _v, pool, continueAfterEvents, ...config } = parsePoolInput(input, 'input');
  return newPool(pool, config, continueAfterEvents ?? null);
}
