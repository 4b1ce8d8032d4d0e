/** Checks whether a gateway has been listening before a silent agent counts as offline. Costs one activity per silence, none per beat. */
import { afterHearing, mustAskGateway } from '../../rules/agent/liveness/hearing';
import { gatewayActivities } from '../activities/messages';
import type { Supervisor } from '../shared/supervise';
import type { AgentMachine } from './machine';

/** Runs as long as the workflow. */
export function askBeforeOffline(machine: AgentMachine, supervisor: Supervisor): void {
  supervisor.always(
    'check whether a gateway listens',
    () => mustAskGateway(machine.state, Date.now()),
    async () => {
      const hearing = await gatewayActivities().askGateway();
      machine.change((state, now) => afterHearing(state, hearing, now), {
        by: 'gateway',
        what: 'checked whether a gateway listens',
      });
    },
  );
}
