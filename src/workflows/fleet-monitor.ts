/** Has the agents that are to be checked looked after, by one activity at a time with the list as it is. */
import { CancellationScope, condition } from '@temporalio/workflow';
import { watchedAgents } from '../rules/fleet-state';
import { monitorActivity } from './activities';
import type { FleetMachine } from './fleet-machine';

export interface Watch {
  /** Ends the activity that is under way; none is begun until `goOn`. */
  rest(): Promise<void>;
  goOn(): void;
}

/** Begins at once. */
export function keepWatch(machine: FleetMachine): Watch {
  let isResting = false;
  let round: Promise<void> | null = null;

  async function watch(): Promise<never> {
    for (;;) {
      await condition(() => !isResting && watchedAgents(machine.state).length > 0);
      round = oneRound();
      await round;
      round = null;
    }
  }

  /** Until its ten minutes are over, or the agents are others. */
  async function oneRound(): Promise<void> {
    const { fleet, agents } = machine.state;
    const scope = new CancellationScope();
    const call = { fleet, agents: watchedAgents(machine.state) };
    // Whatever ends it, the next round begins with the list as it is by then.
    const watching = scope.run(() => monitorActivity(`check ${String(call.agents.length)} agents`).watchHealth(call));
    const ended = watching.catch(() => undefined);
    await Promise.race([ended, condition(() => isResting || machine.state.agents !== agents)]);
    scope.cancel();
    await ended;
  }

  void watch();
  return {
    async rest() {
      isResting = true;
      await round;
    },
    goOn() {
      isResting = false;
    },
  };
}
