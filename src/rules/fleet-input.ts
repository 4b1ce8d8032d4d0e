/** Reads the input of a fleet's workflow. */
import type { FleetInput } from '../contract/fleet';
import { type CarriedFleet, type FleetState, newFleet } from './fleet-state';
import { integer, invalid, isRecord, name, object, optional, type Parser } from './parse';

const version: Parser<1> = (value, path) => (value === 1 ? 1 : invalid(path, 'expected 1'));
const first: Parser<FleetInput> = object({
  v: version,
  fleet: name,
  continueAfterEvents: optional(integer(1)),
  agentsPerPart: optional(integer(1)),
});

/** The state of a first run from its input, which anybody may have written; of a later one as the run before has left it. */
export function initialFleet(input: FleetInput | CarriedFleet, incarnation: string): FleetState {
  return isCarried(input) ? input.state : newFleet(first(input, 'input'), incarnation);
}

function isCarried(input: FleetInput | CarriedFleet): input is CarriedFleet {
  return isRecord(input) && isRecord(input['state']);
}
