/** Sends a signal to an agent from a user's own workflow. */
import { type SignalDefinition, RawValue, rawValueTypeInfo } from '@temporalio/common';
import { defineSignal, getExternalWorkflowHandle } from '@temporalio/workflow';
import { DroverError } from '../contract/errors';
import { agentWorkflowId } from '../contract/names';
import { asFailure, isGone } from '../workflows/shared/failures';

/**
 * Sends one of `agentSignals` to an agent, and resolves when its workflow has received it. Throws
 * an `ApplicationFailure` of type `AgentNotFound` if no such agent runs. A signal has no answer:
 * the agent records in its decisions what it did, or why it refused. The caller's payload converter
 * is not used.
 *
 * @example
 * ```ts
 * import { agentSignals, signalAgent } from 'drover/workflow';
 *
 * await signalAgent('mars', 'AgentA', agentSignals.pause, { hold: 'budget', reason: 'spent' });
 * ```
 */
export async function signalAgent<T>(
  fleet: string,
  agent: string,
  signal: SignalDefinition<[T]>,
  argument: T,
): Promise<void> {
  const raw = defineSignal<[RawValue]>(signal.name, { typeInfo: { inputTypes: [rawValueTypeInfo] } });
  try {
    await getExternalWorkflowHandle(agentWorkflowId(fleet, agent)).signal(raw, new RawValue(argument));
  } catch (error) {
    if (!isGone(error)) throw error;
    const message = `no agent "${agent}" runs in fleet "${fleet}"`;
    throw asFailure(new DroverError('AgentNotFound', message, { fleet, agent }));
  }
}
