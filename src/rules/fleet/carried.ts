/** Reads the state that an earlier run of a fleet's workflow has left. */
import type { NamedOrigin } from '../../contract/caller/origin';
import type { ApplyResult, PlannedDifference, PoolRepair, UntoldAgent } from '../../contract/fleet';
import { MOST_HOLDS } from '../agent/commands/commands';
import { parseHold } from '../agent/messages';
import { notifySpec } from '../lib/fields';
import { parseCancelOrder } from '../change/messages';
import { changeView, compensationRecord, ownedWithSpec, plannedChange, provisionInput } from '../change/carried';
import { flag, ignored, stateOf, version, words } from '../lib/carried';
import { boolean, integer, list, name, nullable, oneOf, optional, type Parser, record } from '../lib/parse';
import { parseEventLog } from '../lib/log/log-carried';
import { usage } from '../lib/turn/usage';
import { fleetShape, subscriptionSpec } from './spec/spec';
import type { FleetChange, FleetState, RememberedRequest } from './state';

const namedOriginShape = stateOf<NamedOrigin>()({ by: words, from: optional(words), requestId: optional(words) });

const change = stateOf<FleetChange>()({
  kind: oneOf('apply', 'destroy'),
  step: oneOf('place', 'check', 'provision', 'undo', 'ended'),
  spec: fleetShape,
  plan: list(plannedChange),
  input: nullable(provisionInput),
  record: nullable(compensationRecord),
  view: changeView,
  cancel: optional(parseCancelOrder),
  forget: optional(flag),
  given: optional(namedOriginShape),
  cancelGiven: optional(namedOriginShape),
});

const applied = stateOf<ApplyResult>()({
  revision: integer(),
  changes: list(plannedChange),
  settings: list(words),
  pools: optional(list(stateOf<PoolRepair>()({ pool: name, why: words }))),
  changeId: nullable(words),
  ids: optional(record(words)),
  differences: optional(
    list(
      stateOf<PlannedDifference>()({ agent: nullable(name), field: words, old: nullable(words), new: nullable(words) }),
    ),
  ),
});

/** The state. */
export const parseFleetState: Parser<FleetState> = stateOf<FleetState>()({
  v: version,
  fleet: name,
  incarnation: words,
  revision: integer(),
  spec: fleetShape,
  agents: record(ownedWithSpec),
  holds: list(parseHold, MOST_HOLDS),
  holdsDue: boolean,
  holdRounds: integer(),
  untold: nullable(list(stateOf<UntoldAgent>()({ agent: name, why: nullable(words) }))),
  told: stateOf<FleetState['told']>()({ notify: notifySpec, pools: list(subscriptionSpec) }),
  change: nullable(change),
  requests: list(stateOf<RememberedRequest>()({ requestId: words, fingerprint: words, answer: nullable(applied) })),
  usage: optional(stateOf<NonNullable<FleetState['usage']>>()({ left: usage, keys: list(words) })),
  ignored,
  log: parseEventLog,
  continueAfterEvents: nullable(integer(1)),
  agentsPerPart: nullable(integer(1)),
});
