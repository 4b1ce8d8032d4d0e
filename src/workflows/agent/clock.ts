/** The agent's one lazy timer: set for the next thing that the clock alone can change; a beat does not reset it. */
import { nextDue } from '../../rules/agent/timers';
import type { AgentMachine } from './machine';
import { until, untilOr } from '../shared/until';

/** Runs as long as the workflow. `passed` is called when a due time has come, `goesWell` at every turn. */
export async function keepTime(machine: AgentMachine, passed: () => void, goesWell: () => void): Promise<never> {
  for (;;) {
    const due = nextDue(machine.state, Date.now());
    if (due === null) await untilDue(machine);
    else if (await isReached(machine, due)) passed();
    goesWell();
  }
}

async function untilDue(machine: AgentMachine): Promise<void> {
  let seen = machine.version;
  await until(() => {
    if (seen === machine.version) return false;
    seen = machine.version;
    return nextDue(machine.state, Date.now()) !== null;
  });
}

/** False when something earlier came up first. */
async function isReached(machine: AgentMachine, due: number): Promise<boolean> {
  let seen = machine.version;
  const isEarlier = (): boolean => {
    if (seen === machine.version) return false;
    seen = machine.version;
    const next = nextDue(machine.state, Date.now());
    return next !== null && next < due;
  };
  return !(await untilOr(isEarlier, due - Date.now(), 'next deadline'));
}
