/** The fleet entity: what should be, what is owned, and one change at a time from the one to the other. */
import { allHandlersFinished, CancellationScope, condition, continueAsNew, uuid4 } from '@temporalio/workflow';
import { FLEET_HOLD } from '../contract/names';
import type { FleetInput } from '../contract/fleet';
import { agentsToHold, type CarriedFleet, isChanging, isDestroyed, isUnborn } from '../rules/fleet-state';
import { initialFleet } from '../rules/fleet-input';
import { duePools, poolsTold } from '../rules/fleet-pools';
import { fleetActivities, poolActivities } from './activities';
import { carryOutChange } from './fleet-changes';
import { handleCommands } from './fleet-commands';
import { createMachine, type FleetMachine } from './fleet-machine';
import { keepWatch } from './fleet-monitor';
import { continueAsNewDue } from './shared/continue-as-new';
import { translating } from './shared/failures';

/** How long a fleet's workflow waits for its first change: whoever starts it sends that along, or right after. */
const UNBORN_MS = 10_000;
/** Hexadecimal digits of a UUID that tell the incarnations of one fleet apart: 80 bits, of which 74 are random. */
const INCARNATION_LENGTH = 20;

/** Lives from its first `apply` until `destroy` is done. */
export async function fleet(argument: FleetInput | CarriedFleet): Promise<void> {
  const incarnation = uuid4().replaceAll('-', '').slice(0, INCARNATION_LENGTH);
  const machine = createMachine(translating(() => initialFleet(argument, incarnation)));
  // A fleet ends by destroy alone: cancelling it is ignored, as it would leave its agents to nobody.
  const goesOn = await CancellationScope.nonCancellable(async () => {
    handleCommands(machine);
    void always(
      () => isChanging(machine.state),
      () => carryOutChange(machine),
    );
    void always(
      () => machine.state.holdsDue,
      () => spreadHolds(machine),
    );
    void always(
      () => duePools(machine.state) !== null,
      () => tellPools(machine),
    );
    return live(machine);
  });
  if (goesOn) await continueAsNew<typeof fleet>({ v: 1, state: machine.state });
}

/** True: the history is to begin anew; false: the fleet is gone. */
async function live(machine: FleetMachine): Promise<boolean> {
  const isTold = () => !machine.state.holdsDue && duePools(machine.state) === null;
  const isQuiet = () => !isChanging(machine.state) && isTold() && allHandlersFinished();
  if (!(await isBorn(machine))) {
    await condition(allHandlersFinished);
    return false;
  }
  const isDue = () => continueAsNewDue(machine.state.continueAfterEvents ?? undefined);
  const isOver = () => (isDestroyed(machine.state) || isDue()) && isQuiet();
  const watch = keepWatch(machine);
  for (;;) {
    await condition(isOver);
    await watch.rest();
    if (isOver()) return !isDestroyed(machine.state);
    watch.goOn();
  }
}

/** A dry run of a fleet that does not exist, or an `apply` that was refused, must leave no fleet behind. */
async function isBorn(machine: FleetMachine): Promise<boolean> {
  const isUp = () => !isUnborn(machine.state);
  if (!isUp()) await condition(() => isUp() || machine.dryRun, UNBORN_MS, { summary: 'waits for its first change' });
  return isUp();
}

/** Does the work whenever there is some. */
async function always(isDue: () => boolean, work: () => Promise<void>): Promise<never> {
  for (;;) {
    await condition(isDue);
    await work();
  }
}

/** Tells the agents whether the fleet holds them; first the change that is making some, so that none slips through between the two. */
async function spreadHolds(machine: FleetMachine): Promise<void> {
  const { state } = machine;
  await machine.tellChange?.(state.holds);
  const agents = agentsToHold(state);
  const held = state.holds.find(({ name }) => name === FLEET_HOLD);
  if (agents.length > 0) {
    const hold = held ?? { name: FLEET_HOLD, reason: null, since: '' };
    const call = { fleet: state.fleet, agents, hold, held: held !== undefined };
    await fleetActivities(held ? 'hold every agent' : 'release every agent').setHold(call);
  }
  if (machine.state.holds === state.holds) machine.become({ ...machine.state, holdsDue: false });
}

/** Tells the pools what the file says of them, or that the fleet uses them no more. */
async function tellPools(machine: FleetMachine): Promise<void> {
  const call = duePools(machine.state);
  if (call === null) return;
  await poolActivities('tell the pools').configurePools(call);
  machine.become(poolsTold(machine.state, call));
}
