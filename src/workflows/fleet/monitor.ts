/** Has the agents that are to be checked looked after, by one activity at a time with the list as it is. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { watchedAgents } from '../../rules/fleet/state';
import { monitorActivity } from '../activities';
import type { FleetMachine } from './machine';
import { until } from '../shared/until';

export interface Watch {
  /** Ends the activity that is under way; none is begun until `goOn`. */
  rest(): Promise<void>;
  goOn(): void;
}

/** Begins at once. */
export function keepWatch(machine: FleetMachine): Watch {
  let isResting = false;
  let isWatching = false;

  /** Until its ten minutes are over, or the agents are others. */
  async function oneRound(): Promise<void> {
    const { fleet, agents } = machine.state;
    const scope = new CancellationScope();
    const call = { fleet, agents: watchedAgents(machine.state) };
    isWatching = true;
    machine.supervisor.keep('end a round of health checks', async () => {
      await until(() => !isWatching || isResting || machine.state.agents !== agents);
      scope.cancel();
    });
    try {
      await scope.run(() => monitorActivity(`check ${String(call.agents.length)} agents`).watchHealth(call));
    } catch (error) {
      if (!isCancellation(error)) throw error;
    } finally {
      isWatching = false;
    }
  }

  machine.supervisor.always(
    'check the health of agents',
    () => !isResting && watchedAgents(machine.state).length > 0,
    oneRound,
  );
  return {
    async rest() {
      isResting = true;
      await until(() => !isWatching);
    },
    goOn() {
      isResting = false;
    },
  };
}
