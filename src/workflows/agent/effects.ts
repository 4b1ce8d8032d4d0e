/** Executes one provider effect for the reconciler and records its result in the state (decision 17). */
import { uuid4 } from '@temporalio/workflow';
import { refusalOf } from '../../contract/errors';
import type { ResourceCall, ResourceState } from '../../contract/activities';
import type { AgentState, ProviderEffect } from '../../rules/agent/state';
import { effectFailed } from '../../rules/agent/reconcile/failure';
import { beginEffect, effectSucceeded } from '../../rules/agent/reconcile/outcome';
import { driftOf, hasReached } from '../../rules/agent/reconcile/inspection';
import { callsProvider, isObsolete } from '../../rules/agent/reconcile/next-effect';
import { sessionField } from '../../rules/agent/session';
import { STOP_GRACE_MS } from '../../rules/agent/spec/settings';
import { preparation, providerActivities, stopActivity } from '../activities/resources';
import type { AgentMachine } from './machine';
import { errorBody } from '../shared/failures';
import { markEnd } from '../shared/mark';
import { withPreparation } from '../shared/prepare';
import type { Supervisor } from '../shared/supervise';

/** Executes an effect, and writes a replay mark into the history (src/workflows/shared/mark.ts). */
export async function perform(machine: AgentMachine, effect: ProviderEffect, supervisor: Supervisor): Promise<void> {
  await carryOut(machine, effect, supervisor);
  if (effect === 'inspect') return;
  markEnd({ runtime: machine.state.runtime });
}

/**
 * Records a failure in the state; never throws. A call that no provider has answered has an unknown outcome: it is retried for a while
 * and shown as a trouble, and does not count as a crash of the agent.
 */
async function carryOut(machine: AgentMachine, effect: ProviderEffect, supervisor: Supervisor): Promise<void> {
  const { op } = machine.state;
  machine.change((state, now) => beginEffect(state, effect, uuid4(), now), { by: 'drover', what: `${effect} begins` });
  try {
    const found = callsProvider(machine.state, effect) ? await answered(machine, effect, supervisor) : {};
    succeed(machine, effect, found);
  } catch (error) {
    const found = effect === 'inspect' ? null : await look(machine.state);
    if (found !== null && hasReached(effect, found)) {
      succeed(machine, effect, found);
      return;
    }
    const failure = errorBody(error);
    const { message } = failure;
    machine.change((state, now) => effectFailed(state, effect, failure, found, now), {
      by: 'provider',
      what: effect,
      accepted: false,
      why: message,
      always: effect !== 'inspect',
    });
    if (effect !== 'inspect')
      machine.fail(op, {
        code: refusalOf(failure) ?? 'ProviderError',
        message: failureOf(machine.state, effect, message),
      });
  }
}

function answered(
  machine: AgentMachine,
  effect: ProviderEffect,
  supervisor: Supervisor,
): Promise<Partial<ResourceState>> {
  // A failed inspection needs no retry: the next probe repeats it (src/rules/agent/liveness/probes.ts).
  if (effect === 'inspect') return call(machine, effect);
  return supervisor.patiently(
    effect,
    () => call(machine, effect),
    () => isObsolete(machine.state, effect),
  );
}

function succeed(machine: AgentMachine, effect: ProviderEffect, found: Partial<ResourceState>): void {
  machine.change((state, now) => effectSucceeded(state, effect, found, now), {
    by: 'provider',
    what: effect,
    why: effect === 'inspect' ? (driftOf(machine.state, found) ?? found.detail ?? null) : null,
    always: effect !== 'inspect',
  });
}

function failureOf(state: AgentState, effect: ProviderEffect, message: string): string {
  return `${effect} of ${state.fleet}/${state.agent} failed: ${message}`;
}

/** Inspects the resource. Null when the provider cannot be asked or does not answer. */
async function look(state: AgentState): Promise<ResourceState | null> {
  if (!callsProvider(state, 'inspect')) return null;
  try {
    return await activities(state, 'inspect after a failure').inspectResource(callOf(state));
  } catch {
    return null;
  }
}

async function call(machine: AgentMachine, effect: ProviderEffect): Promise<Partial<ResourceState>> {
  const { state } = machine;
  const on = callOf(state);
  const provider = activities(state, effect);
  switch (effect) {
    case 'wake':
      return withPreparation(
        () =>
          provider.wakeResource({
            ...on,
            instanceId: state.instance.id ?? '',
            subscription: state.subscription,
            ...sessionField(state),
          }),
        {
          prepare: () => preparation(on.provider, state.config.host, summaryOf(state, 'prepare')).prepareResource(on),
          isMoot: () => isObsolete(machine.state, effect),
        },
      );
    case 'suspend':
      await provider.suspendResource(on);
      return {};
    case 'continue':
      await provider.continueResource(on);
      return {};
    case 'stop':
      await stop(state, on);
      return {};
    case 'destroy':
      await provider.destroyResource(on);
      return {};
    case 'inspect':
      return provider.inspectResource(on);
  }
}

function stop(state: AgentState, on: ResourceCall): Promise<void> {
  const { spec, host } = state.config;
  const graceMs = state.stopGraceMs ?? STOP_GRACE_MS;
  return stopActivity(spec.provider, host, graceMs, summaryOf(state, 'stop')).stopResource({ ...on, graceMs });
}

function activities(state: AgentState, what: string): ReturnType<typeof providerActivities> {
  return providerActivities(state.config.spec.provider, state.config.host, summaryOf(state, what));
}

function summaryOf(state: AgentState, what: string): string {
  return `${what} ${state.fleet}/${state.agent}`;
}

/** The agent's resource, as its provider is called. */
export function callOf(state: AgentState): ResourceCall {
  const { spec, resourceId, key, host } = state.config;
  const { fleet, agent } = state;
  const secret = state.subscription?.secret;
  return {
    fleet,
    agent,
    provider: spec.provider,
    spec,
    resourceId,
    key,
    ...(host === undefined ? {} : { host }),
    ...(secret === undefined ? {} : { secret }),
  };
}
