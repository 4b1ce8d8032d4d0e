/** Checks, before the first step of a change, that the workers have what its new agents need. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { PreflightCall, Unmet } from '../../contract/fleet/preflight';
import {
  type Findings,
  findingsInTurn,
  joinFindings,
  preflightRounds,
  type PreflightRound,
} from '../../rules/fleet/preflight';
import { preflightActivity } from '../activities/resources';
import { askHost, HOST_TRIES } from '../shared/host';
import { errorBody } from '../shared/failures';
import { until } from '../shared/until';
import type { FleetMachine } from './machine';

/** Asks every worker, each beside the others. A cancellation of the change ends the questions. */
export async function preflight(machine: FleetMachine): Promise<Findings> {
  const rounds = preflightRounds(machine.state);
  const scope = new CancellationScope({ cancellable: true });
  let isDone = false;
  const watch = machine.supervisor.persist('stop the check of a cancelled change', async () => {
    await until(() => isDone || isCancelled(machine));
    if (!isDone) scope.cancel();
  });
  try {
    const ask = ({ host, calls }: PreflightRound) =>
      findingsInTurn(calls, (call) => answerOf(machine, host, call), whySilent);
    return joinFindings(await scope.run(() => Promise.all(rounds.map(ask))));
  } catch (error) {
    if (isCancellation(error) && isCancelled(machine)) return { unmet: [], silent: [] };
    throw error;
  } finally {
    isDone = true;
    await watch;
  }
}

function isCancelled({ state }: FleetMachine): boolean {
  return state.change?.cancel !== undefined;
}

/** Why a worker did not answer. A cancellation ends the check. */
function whySilent(error: unknown): string {
  if (isCancellation(error)) throw error;
  return errorBody(error).message;
}

/** The answer of a worker. One that is silent is asked `HOST_TRIES` times, a minute each, and is a trouble of the fleet. */
async function answerOf(machine: FleetMachine, host: string | null, call: PreflightCall): Promise<readonly Unmet[]> {
  const what = host === null ? 'check the agents' : `check the agents on host ${host}`;
  const on = host === null ? {} : { host };
  let tries = 0;
  const once = () => {
    tries += 1;
    return askHost(call.fleet, on, what, () => preflightActivity(host, what).checkAgents(call));
  };
  const isOver = () => tries >= HOST_TRIES || isCancelled(machine);
  return (await machine.supervisor.patiently(what, once, isOver)).unmet;
}
