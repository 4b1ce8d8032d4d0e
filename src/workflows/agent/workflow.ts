/** The agent entity: the one writer of its agent's state, and the only way to it. */
import { CancellationScope, allHandlersFinished, continueAsNew, setHandler } from '@temporalio/workflow';
import type { AgentInput } from '../../contract/agent';
import { describeAgent } from '../../contract/agent/messages';
import { fleetSignals } from '../../contract/fleet/messages';
import { fleetWorkflowId } from '../../contract/names';
import { type CarriedAgent } from '../../rules/agent/state';
import { goodbyeMessage } from '../../rules/agent/farewell';
import { initialState } from '../../rules/agent/initial-state';
import { AGENT_INPUT } from '../../rules/agent/migrate';
import { nextEffect } from '../../rules/agent/reconcile';
import { agentView } from '../../rules/agent/view';
import { publish } from './card';
import { keepTime } from './clock';
import { accept, handleCommands } from './commands';
import { perform } from './effects';
import { askBeforeOffline } from './hearing';
import { type AgentMachine, createMachine } from './machine';
import { type Outbox, createOutbox } from '../shared/outbox';
import { reportSettled } from './report';
import { handleSignals } from './signals';
import { type AgentSubscription, keepSubscription } from './subscription';
import { takeTurns } from './turns';
import { continueAsNewDue } from '../shared/continue-as-new';
import { translating } from '../shared/failures';
import { migrated } from '../shared/migrated';
import { createNotifier } from '../shared/notifier';
import { type Supervisor, createSupervisor } from '../shared/supervise';
import { until } from '../shared/until';

/** Lives as long as its agent: from the start of its workflow to `terminate`. */
export async function agent(input: AgentInput | CarriedAgent): Promise<void> {
  const current = migrated(AGENT_INPUT, input);
  let show = (): void => undefined;
  const supervisor = createSupervisor(() => {
    show();
  });
  const machine = createMachine(
    translating(() => initialState(current)),
    supervisor,
  );
  const outbox = createOutbox(supervisor);
  const notifier = createNotifier(supervisor);
  // A cancelled agent is a terminated one: nothing of it may be left behind.
  CancellationScope.current().cancelRequested.catch(() => {
    supervisor.attempt('end as cancelled', () =>
      accept(machine, { command: 'terminate', options: {} }, ' by cancellation'),
    );
  });
  await CancellationScope.nonCancellable(async () => {
    const subscription = keepSubscription(machine, outbox, notifier, supervisor);
    const turns = takeTurns(machine, outbox, supervisor, (failure) => subscription.report(failure, 'turn'));
    machine.onChange(turns.react);
    reportSettled(machine, outbox);
    show = publish(machine, supervisor);
    // Handlers last: what has been waiting for them arrives the moment they are set.
    setHandler(describeAgent, () => agentView(machine.state, true, supervisor.troubles()), {
      description: 'The agent with its last decisions',
    });
    handleCommands(machine);
    subscription.handle();
    handleSignals(machine, turns);
    askBeforeOffline(machine, supervisor);
    supervisor.keep('keep time', (goesWell) => keepTime(machine, machine.tick, goesWell));
    const isIdle = (): boolean =>
      outbox.pending() + notifier.pending() + subscription.pending() === 0 && allHandlersFinished();
    await reconcile(machine, subscription, supervisor, isIdle);
    if (!machine.state.destroyed) await continueAsNew<typeof agent>({ v: 1, state: machine.state });
    await sayFarewell(machine, outbox, isIdle);
  });
}

/** An agent that was ended by somebody else than its fleet is not the fleet's any more. */
async function sayFarewell({ state }: AgentMachine, outbox: Outbox, isIdle: () => boolean): Promise<void> {
  const tidings = goodbyeMessage(state);
  if (tidings !== null) await outbox.send(fleetWorkflowId(state.fleet), fleetSignals.agentGone, tidings);
  await until(isIdle);
}

/** Drives the provider to what has been decided, one effect at a time, until the agent ends or its history is to begin anew. */
async function reconcile(
  machine: AgentMachine,
  subscription: AgentSubscription,
  supervisor: Supervisor,
  isIdle: () => boolean,
): Promise<void> {
  const effect = () => nextEffect(machine.state, Date.now());
  const isOver = () => machine.state.destroyed || continueAsNewDue(machine.state.continueAfterEvents ?? undefined);
  const isQuiet = () => machine.state.turns.inFlight.length === 0 && isIdle();
  const step = async (): Promise<void> => {
    const next = effect();
    if (next === 'reload') await subscription.reload();
    else if (next !== null) await perform(machine, next, supervisor);
    else await until(() => effect() !== null || (isOver() && isQuiet()));
  };
  while (effect() !== null || !isOver() || !isQuiet()) await supervisor.persist('act on what is decided', step);
}
