/** Asks, where an agent has been silent for too long, whether a gateway has listened: an activity for each silence, none for a beat. */
import { afterHearing, mustAskGateway } from '../../rules/agent/hearing';
import { gatewayActivities } from '../activities';
import type { Supervisor } from '../shared/supervise';
import type { AgentMachine } from './machine';

/** Runs as long as the workflow. */
export function askBeforeOffline(machine: AgentMachine, supervisor: Supervisor): void {
  supervisor.always(
    'ask whether a gateway listens',
    () => mustAskGateway(machine.state, Date.now()),
    async () => {
      const hearing = await gatewayActivities().askGateway();
      machine.change((state, now) => afterHearing(state, hearing, now), { by: 'gateway', what: 'silence looked into' });
    },
  );
}
