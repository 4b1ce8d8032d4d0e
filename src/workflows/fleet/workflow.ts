/** The fleet entity: what should be, what is owned, and one change at a time from the one to the other. */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, uuid4 } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import type { FleetInput } from '../../contract/fleet';
import {
  type CarriedFleet,
  recordHoldRound,
  isChanging,
  isDestroyed,
  isUnused,
  nextHoldRound,
  whyUntold,
} from '../../rules/fleet/state';
import { initialFleet } from '../../rules/fleet/input';
import { FLEET_INPUT } from '../../rules/fleet/migrate';
import { duePools, markPoolsTold } from '../../rules/fleet/pools';
import { holdActivity, poolActivities } from '../activities';
import { carryOutChange } from './changes';
import { handleCommands } from './commands';
import { createMachine, type FleetMachine } from './machine';
import { keepWatch } from './monitor';
import { continueAsNewDue } from '../shared/continue-as-new';
import { translating } from '../shared/failures';
import { migrated } from '../shared/migrated';
import { until, untilOr } from '../shared/until';

/** How long a fleet's workflow waits for its first change: whoever starts it sends that along, or right after. */
const UNBORN_MS = 10_000;
/** Agents that have taken a hold and drain are looked at this often: a drain takes minutes, and a look one short activity. */
const FOLLOWED_AGAIN_MS = 5_000;
/** A pool hears within seconds that a fleet has left it; one that does not answer keeps no fleet from ending. */
const LAST_WORDS_MS = 60_000;
/** Hexadecimal digits of a UUID that tell the incarnations of one fleet apart: 80 bits, of which 74 are random. */
const INCARNATION_LENGTH = 20;

/** What the fleet tells others, by the names of its troubles. */
const TELL_AGENTS = 'tell the agents of the holds';
const TELL_POOLS = 'tell the pools';

/** Lives from its first `apply` until `destroy` is done. */
export async function fleet(argument: FleetInput | CarriedFleet): Promise<void> {
  const current = migrated(FLEET_INPUT, argument);
  const incarnation = uuid4().replaceAll('-', '').slice(0, INCARNATION_LENGTH);
  const machine = createMachine(translating(() => initialFleet(current, incarnation)));
  // A fleet ends by destroy alone: cancelling it is ignored, as it would leave its agents to nobody.
  const goesOn = await CancellationScope.nonCancellable(async () => {
    handleCommands(machine);
    workBeside(machine);
    return live(machine);
  });
  if (goesOn) await continueAsNew<typeof fleet>({ v: 1, state: machine.state });
}

/** What the fleet does beside its main loop, whenever it is due. */
function workBeside(machine: FleetMachine): void {
  const { supervisor } = machine;
  let { holds } = machine.state;
  supervisor.always(
    'carry out the change',
    () => isChanging(machine.state),
    () => carryOutChange(machine),
  );
  supervisor.always(
    TELL_AGENTS,
    () => machine.state.holdsDue,
    () => {
      ({ holds } = machine.state);
      return spreadHolds(machine);
    },
    () => machine.state.holds !== holds,
  );
  supervisor.always(
    TELL_POOLS,
    () => duePools(machine.state) !== null,
    () => tellPools(machine),
  );
}

/** True: the history is to begin anew; false: the fleet is gone. */
async function live(machine: FleetMachine): Promise<boolean> {
  const { supervisor } = machine;
  // What rests between two tries goes on in the next run; a fleet that ends leaves nothing untold.
  const isResting = (what: string) => !isDestroyed(machine.state) && supervisor.isResting(what);
  const isTold = () =>
    (!machine.state.holdsDue || isResting(TELL_AGENTS)) && (duePools(machine.state) === null || isResting(TELL_POOLS));
  const isQuiet = () => !isChanging(machine.state) && isTold() && allHandlersFinished();
  if (!(await isBorn(machine))) {
    await condition(allHandlersFinished);
    return false;
  }
  const isDue = () => continueAsNewDue(machine.state.continueAfterEvents ?? undefined);
  const isOver = () => (isDestroyed(machine.state) || isDue()) && isQuiet();
  const watch = keepWatch(machine);
  const isGone = () => isDestroyed(machine.state) && !isChanging(machine.state);
  for (;;) {
    await until(() => isOver() || isGone());
    await watch.rest();
    if (isGone()) break;
    if (isOver()) return true;
    watch.goOn();
  }
  await untilOr(isQuiet, LAST_WORDS_MS, 'last words to the pools');
  await condition(allHandlersFinished);
  return false;
}

/** A dry run of a fleet that does not exist, or an `apply` that was refused, must leave no fleet behind. */
async function isBorn(machine: FleetMachine): Promise<boolean> {
  const isUp = () => !isUnused(machine.state);
  if (!isUp()) await untilOr(() => isUp() || machine.dryRun, UNBORN_MS, 'waits for its first change');
  return isUp();
}

/**
 * One round of telling the agents whether the fleet holds them; first the change that is making some, so that none slips through
 * between the two. Throws when an agent has not followed, so that another round begins after a while.
 */
async function spreadHolds(machine: FleetMachine): Promise<void> {
  const { holds } = machine.state;
  await machine.tellChange?.(holds);
  const { state, call } = nextHoldRound(machine.state);
  machine.become(state);
  const summary = call?.held === true ? 'hold every agent' : 'release every agent';
  const { untold } = call === null ? { untold: [] } : await holdActivity(summary).setHold(call);
  machine.become(recordHoldRound(machine.state, holds, untold));
  const why = whyUntold(machine.state);
  if (why !== null) throw new DroverError('Unavailable', why);
  if (machine.state.holdsDue) await untilOr(() => machine.state.holds !== holds, FOLLOWED_AGAIN_MS, 'agents drain');
}

/** Tells the pools what the file says of them, or that the fleet uses them no more. */
async function tellPools(machine: FleetMachine): Promise<void> {
  const call = duePools(machine.state);
  if (call === null) return;
  await poolActivities('tell the pools').configurePools(call);
  machine.become(markPoolsTold(machine.state, call));
}
