/** The agent's only timer, set for the next due time. A beat does not reset it, so beats cost no timers. */
import { isHeld } from '../../rules/agent/liveness/holders';
import { nextDue } from '../../rules/agent/timers';
import type { AgentMachine } from './machine';
import { until, untilOr } from '../shared/until';

/** Runs as long as the workflow. Calls `passed` when a due time has come, and `clearTrouble` in every iteration. */
export async function runClock(machine: AgentMachine, passed: () => void, clearTrouble: () => void): Promise<never> {
  for (;;) {
    const due = nextDue(machine.state, Date.now());
    if (due === null) await untilDue(machine);
    else if (await isReached(machine, due)) passed();
    clearTrouble();
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

/**
 * Returns false when an earlier due time appeared first, or when a lease holds the agent and nothing is due. Each agent has a timer from
 * before its first beat that names a lease, which would cost three transitions when it fires.
 */
async function isReached(machine: AgentMachine, due: number): Promise<boolean> {
  let seen = machine.version;
  const isObsolete = (): boolean => {
    if (seen === machine.version) return false;
    seen = machine.version;
    const next = nextDue(machine.state, Date.now());
    return next === null ? isHeld(machine.state) : next < due;
  };
  return !(await untilOr(isObsolete, due - Date.now(), 'next deadline'));
}
