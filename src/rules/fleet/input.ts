/** Parses the input of a fleet's workflow. */
import type { FleetInput } from '../../contract/fleet';
import { carriedIn, version } from '../lib/carried';
import { message } from '../lib/message';
import { integer, name, optional, type Parser } from '../lib/parse';
import { parseFleetState } from './carried';
import { type FleetState, newFleet } from './state';

const first: Parser<FleetInput> = message({
  v: version,
  fleet: name,
  continueAfterEvents: optional(integer(1)),
  agentsPerPart: optional(integer(1)),
});

/**
 * The state of a new fleet, or the one carried over by continue-as-new. Throws `InvalidRequest` for
 * any other input.
 */
export function initialFleet(input: unknown, incarnation: string): FleetState {
  const carried = carriedIn(input);
  if (carried === undefined) return newFleet(first(input, 'input'), incarnation);
  version(carried.v, 'input.v');
  return parseFleetState(carried.state, 'input.state');
}
