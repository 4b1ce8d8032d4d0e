/** Reports to the change that waits for this agent how its start ended. */
import { agentReported } from '../../contract/fleet/messages';
import { dueReport, markReported } from '../../rules/agent/report';
import type { AgentMachine } from './machine';
import type { Outbox } from '../shared/messages/outbox';

/** Sends one report when the agent has settled, and another one after each `configure`. */
export function reportSettled(machine: AgentMachine, outbox: Outbox): void {
  const react = (): void => {
    const due = dueReport(machine.state);
    if (due === null) return;
    machine.change(markReported);
    outbox.tell(due.to, agentReported, due.report);
  };
  machine.onChange(react);
  react();
}
