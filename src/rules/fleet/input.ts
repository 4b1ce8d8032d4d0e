/** Parses the input of a fleet's workflow. */
import type { FleetInput } from '../../contract/fleet';
import { type CarriedFleet, type FleetState, newFleet } from './state';
import { parseHold } from '../agent/messages';
import { carriedLike } from '../lib/carried';
import { HOLDS_MAX } from '../agent/commands';
import { integer, invalid, isRecord, list, name, object, optional, type Parser } from '../lib/parse';

const version: Parser<1> = (value, path) => (value === 1 ? 1 : invalid(path, 'expected 1'));
const first: Parser<FleetInput> = object({
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
  if (!isCarried(input)) return newFleet(first(input, 'input'), incarnation);
  const { fleet, holds } = input.state;
  const fresh = newFleet({ v: 1, fleet: name(fleet, 'input.state.fleet') }, incarnation);
  list(parseHold, HOLDS_MAX)(holds, 'input.state.holds');
  return carriedLike(fresh, input.state, 'input.state');
}

function isCarried(input: unknown): input is CarriedFleet {
  return isRecord(input) && isRecord(input['state']);
}
