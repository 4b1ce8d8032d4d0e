/** The agent entity: the only writer of its agent's state, and the only access to it. */
import { CancellationScope, allHandlersFinished, continueAsNew, setHandler } from '@temporalio/workflow';
import type { AgentInput } from '../../contract/agent';
import { describeAgent, resourceOfAgent } from '../../contract/agent/messages';
import { fleetSignals } from '../../contract/fleet/messages';
import { agentWorkflowId, fleetWorkflowId } from '../../contract/names';
import { type CarriedAgent } from '../../rules/agent/state';
import { goodbyeMessage, usageMessage } from '../../rules/agent/farewell';
import { initialState } from '../../rules/agent/input/initial-state';
import { AGENT_INPUT } from '../../rules/agent/input/migrate';
import { nextEffect } from '../../rules/agent/reconcile/next-effect';
import { agentView } from '../../rules/agent/view';
import { appended } from '../../rules/lib/log/log';
import { publish } from './card';
import { runClock } from './clock';
import { accept, handleCommands } from './commands';
import { callOf, perform } from './effects';
import { askBeforeOffline } from './hearing';
import { type AgentMachine, createMachine } from './machine';
import { type Outbox, createOutbox } from '../shared/messages/outbox';
import { reportSettled } from './report';
import { handleSignals } from './signals';
import { type AgentSubscription, keepSubscription } from './subscription';
import { takeTurns } from './turns';
import { continueAsNewDue } from '../shared/continue-as-new';
import { countRestarts } from '../shared/metrics';
import { translating } from '../shared/failures';
import { answerLogs } from '../shared/log';
import { migrated } from '../shared/migrated';
import { requireOwnId } from '../shared/own-id';
import { createNotifier, type Notifier } from '../shared/notifier';
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
  requireOwnId(agentWorkflowId(machine.state.fleet, machine.state.agent));
  const outbox = createOutbox(supervisor);
  const notifier = createNotifier(supervisor);
  // Cancellation means terminate: the workflow must not leave a resource behind.
  CancellationScope.current().cancelRequested.catch(() => {
    supervisor.attempt('terminate after a cancellation', () =>
      accept(machine, { command: 'terminate', options: {} }, ' by cancellation'),
    );
  });
  await CancellationScope.nonCancellable(async () => {
    notifyOfEntries(machine, notifier);
    const subscription = keepSubscription(machine, outbox, supervisor);
    const turns = takeTurns(machine, outbox, supervisor, (failure) => subscription.report(failure, 'turn'));
    machine.onChange(turns.react);
    reportSettled(machine, outbox);
    watchRestarts(machine);
    show = publish(machine, supervisor);
    // Handlers come last: the SDK delivers buffered messages at the moment they are set.
    setHandler(describeAgent, () => agentView(machine.state, true, supervisor.troubles()), {
      description: 'Returns the agent and its latest decisions',
    });
    setHandler(resourceOfAgent, () => callOf(machine.state), { description: 'Returns the resource of the agent' });
    answerLogs(() => machine.state.log);
    handleCommands(machine);
    subscription.handle();
    handleSignals(machine, turns);
    askBeforeOffline(machine, supervisor);
    supervisor.keep('keep time', (clearTrouble) => runClock(machine, machine.tick, clearTrouble));
    const isIdle = (): boolean =>
      outbox.pending() + notifier.pending() + subscription.pending() === 0 && allHandlersFinished();
    await reconcile(machine, subscription, supervisor, isIdle);
    if (!machine.state.destroyed) await continueAsNew<typeof agent>({ v: 1, state: machine.state });
    await notifyFleetOfEnd(machine, outbox, isIdle);
  });
}

/** Counts the restarts of this run of the workflow. */
function watchRestarts(machine: AgentMachine): void {
  const { fleet } = machine.state;
  let counted = machine.state.restarts;
  machine.onChange(() => {
    const { restarts } = machine.state;
    countRestarts(fleet, restarts - counted);
    counted = restarts;
  });
}

/** Notifies the webhooks of what is appended to the log from now on. */
function notifyOfEntries(machine: AgentMachine, notifier: Notifier): void {
  let told = machine.state.log;
  machine.onChange(() => {
    const { log, config } = machine.state;
    const news = appended(told, log);
    told = log;
    for (const entry of news) notifier.raise(config.spec.notify, entry);
  });
}

/** Tells the fleet what its agent's turns took, and that it is gone, unless the fleet itself has ended it. */
async function notifyFleetOfEnd({ state }: AgentMachine, outbox: Outbox, isIdle: () => boolean): Promise<void> {
  const left = usageMessage(state);
  if (left !== null) await outbox.send(fleetWorkflowId(state.fleet), fleetSignals.usageLeft, left);
  const goodbye = goodbyeMessage(state);
  if (goodbye !== null) await outbox.send(fleetWorkflowId(state.fleet), fleetSignals.agentGone, goodbye);
  await until(isIdle);
}

/** Drives the actual state to the desired state, one effect at a time, until the agent ends or continues as new. */
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
  while (effect() !== null || !isOver() || !isQuiet()) await supervisor.persist('reconcile the agent', step);
}
