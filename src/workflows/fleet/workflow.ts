/** The fleet entity: the desired state, the owned agents, and one change at a time from the one to the other. */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, uuid4 } from '@temporalio/workflow';
import { DroverError } from '../../contract/errors';
import type { FleetInput } from '../../contract/fleet';
import { fleetWorkflowId } from '../../contract/names';
import { type CarriedFleet, isChanging, isDestroyed, isUnused } from '../../rules/fleet/state';
import { recordHoldRound, nextHoldRound, whyUntold } from '../../rules/fleet/hold-rounds';
import { initialFleet } from '../../rules/fleet/input';
import { FLEET_INPUT } from '../../rules/fleet/migrate';
import { duePools, markPoolsTold } from '../../rules/fleet/pools';
import { holdActivity, poolActivities } from '../activities/fleet';
import { carryOutChange } from './changes';
import { handleCommands } from './commands';
import { createMachine, type FleetMachine } from './machine';
import { startMonitor } from './monitor';
import { continueAsNewDue } from '../shared/continue-as-new';
import { translating } from '../shared/failures';
import { migrated } from '../shared/migrated';
import { requireOwnId } from '../shared/own-id';
import { until, untilOr } from '../shared/until';

/** How long a new fleet waits for its first change. The client sends it with the start or immediately after. */
const FIRST_CHANGE_MS = 10_000;
/** How often the fleet checks agents that drain after a hold. A drain takes minutes, and a check is one short activity. */
const FOLLOWED_AGAIN_MS = 5_000;
/** A pool normally answers within seconds when a fleet leaves it. A pool that does not answer must not keep a fleet from ending. */
const LEAVE_POOLS_MS = 60_000;
/** Hexadecimal digits of a UUID that distinguish the incarnations of one fleet: 80 bits, of which 74 are random. */
const INCARNATION_LENGTH = 20;

/** Names of background work, as troubles show them. */
const TELL_AGENTS = 'tell the agents of the holds';
const TELL_POOLS = 'tell the pools';

/** Runs from its first `apply` until `destroy` is done. */
export async function fleet(argument: FleetInput | CarriedFleet): Promise<void> {
  const current = migrated(FLEET_INPUT, argument);
  const incarnation = uuid4().replaceAll('-', '').slice(0, INCARNATION_LENGTH);
  const first = translating(() => initialFleet(current, incarnation));
  requireOwnId(fleetWorkflowId(first.fleet));
  const machine = createMachine(first);
  // Only destroy ends a fleet. It ignores cancellation, which would leave its agents without an owner.
  const goesOn = await CancellationScope.nonCancellable(async () => {
    handleCommands(machine);
    startBackgroundWork(machine);
    return live(machine);
  });
  if (goesOn) await continueAsNew<typeof fleet>({ v: 1, state: machine.state });
}

/** Starts the work beside the main loop; each part runs whenever it is due. */
function startBackgroundWork(machine: FleetMachine): void {
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

/** Returns true when the workflow must continue as new, false when the fleet is gone. */
async function live(machine: FleetMachine): Promise<boolean> {
  const { supervisor } = machine;
  // Work that pauses between two attempts continues in the next run. A fleet must not end before
  // every receiver has its messages.
  const isResting = (what: string) => !isDestroyed(machine.state) && supervisor.isResting(what);
  const isTold = () =>
    (!machine.state.holdsDue || isResting(TELL_AGENTS)) && (duePools(machine.state) === null || isResting(TELL_POOLS));
  const isQuiet = () => !isChanging(machine.state) && isTold() && allHandlersFinished();
  if (!(await hasFirstChange(machine))) {
    await condition(allHandlersFinished);
    return false;
  }
  const isDue = () => continueAsNewDue(machine.state.continueAfterEvents ?? undefined);
  const isOver = () => (isDestroyed(machine.state) || isDue()) && isQuiet();
  const monitor = startMonitor(machine);
  const isGone = () => isDestroyed(machine.state) && !isChanging(machine.state);
  for (;;) {
    await until(() => isOver() || isGone());
    await monitor.pause();
    if (isGone()) break;
    if (isOver()) return true;
    monitor.resume();
  }
  await untilOr(isQuiet, LEAVE_POOLS_MS, 'wait until the pools know that the fleet has left');
  await condition(allHandlersFinished);
  return false;
}

/** Waits for the first change. A dry run or a refused `apply` of a new fleet must not leave a fleet behind. */
async function hasFirstChange(machine: FleetMachine): Promise<boolean> {
  const isUp = () => !isUnused(machine.state);
  if (!isUp()) await untilOr(() => isUp() || machine.dryRun, FIRST_CHANGE_MS, 'wait for the first change');
  return isUp();
}

/**
 * One round of sending the fleet's holds to its agents. The running change comes first, because it is creating agents that would
 * otherwise miss the hold. Throws when an agent has not followed, so that the supervisor begins another round.
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
  if (machine.state.holdsDue)
    await untilOr(() => machine.state.holds !== holds, FOLLOWED_AGAIN_MS, 'wait for agents that drain');
}

/** Configures the pools of the fleet file, and leaves those that the fleet no longer uses. */
async function tellPools(machine: FleetMachine): Promise<void> {
  const call = duePools(machine.state);
  if (call === null) return;
  await poolActivities('tell the pools').configurePools(call);
  machine.become(markPoolsTold(machine.state, call));
}
