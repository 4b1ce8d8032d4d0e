/** Runs the health monitor of the fleet: one activity at a time, with the current list of agents. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { watchedAgents } from '../../rules/fleet/state';
import { monitorActivity } from '../activities/fleet';
import type { FleetMachine } from './machine';
import { until } from '../shared/until';

/** The health monitor of one fleet. */
export interface Monitor {
  /** Ends the running activity. No other one starts until `resume`. */
  pause(): Promise<void>;
  resume(): void;
}

/** Starts the monitor. */
export function startMonitor(machine: FleetMachine): Monitor {
  let isPaused = false;
  let isWatching = false;

  /** One activity: until its ten minutes are over or the agents have changed. */
  async function oneRound(): Promise<void> {
    const { fleet, agents } = machine.state;
    const scope = new CancellationScope();
    const call = { fleet, agents: watchedAgents(machine.state) };
    isWatching = true;
    machine.supervisor.keep('end a round of health checks', async () => {
      await until(() => !isWatching || isPaused || machine.state.agents !== agents);
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
    () => !isPaused && watchedAgents(machine.state).length > 0,
    oneRound,
  );
  return {
    async pause() {
      isPaused = true;
      await until(() => !isWatching);
    },
    resume() {
      isPaused = false;
    },
  };
}
