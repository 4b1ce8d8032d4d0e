/** Effects on resources: calls the provider of each kind and converts its errors to failures. */
import { Context } from '@temporalio/activity';
import type { ProviderActivities, ResourceCall } from '../contract/activities';
import type { ProviderKind } from '../contract/agent';
import { DroverError } from '../contract/errors';
import { WORKER_METRICS } from '../contract/metrics';
import { withoutSecretsInUse } from '../providers/secrets-in-use';
import { type Provider, type Providers, providerError, titleOf } from '../providers/provider';
import { type Admit, admitEverything } from './admission';
import { whileBeating } from './beating';
import { asProviderFailure } from './failures';

/** Pauses before retries of a create that was not sent. An engine or a service that is starting is ready by then. */
const NOT_SENT_PAUSES_MS = [500, 1_500] as const;

/**
 * Retries a create that never reached the provider within the same attempt, and then fails permanently. So it is certain that nothing was
 * created, and the undo does not need the provider (src/rules/change/late-creates.ts).
 */
async function untilSent<T>(create: () => Promise<T>): Promise<T> {
  for (const pauseMs of NOT_SENT_PAUSES_MS) {
    try {
      return await create();
    } catch (error) {
      if (!wasNotSent(error)) throw error;
      await Context.current().sleep(pauseMs);
    }
  }
  try {
    return await create();
  } catch (error) {
    throw wasNotSent(error) ? providerError(error.message, { ...error.details, permanent: true, cause: error }) : error;
  }
}

function wasNotSent(error: unknown): error is DroverError {
  return error instanceof DroverError && error.details?.['notSent'] === true;
}

/** Counts a start on the meter of the worker. */
async function counted<T>(provider: ProviderKind, start: () => Promise<T>): Promise<T> {
  const { name, help } = WORKER_METRICS.starts;
  const count = (outcome: 'started' | 'failed'): void =>
    Context.current().metricMeter.createCounter(name, '', help).add(1, { provider, outcome });
  try {
    const started = await start();
    count('started');
    return started;
  } catch (error) {
    count('failed');
    throw error;
  }
}

/** The provider activities. `admit` decides which specifications may be created, prepared and woken. */
export function createProviderActivities(providers: Providers, admit: Admit = admitEverything): ProviderActivities {
  async function ask<C extends ResourceCall, T>(
    call: C,
    effect: (provider: Provider, call: C) => Promise<T>,
  ): Promise<T> {
    try {
      const provider = providerOf(call);
      return await whileBeating(() => effect(provider, call));
    } catch (error) {
      throw asProviderFailure(error, Context.current().info.attempt);
    }
  }

  function providerOf(call: ResourceCall): Provider {
    const provider = providers[call.provider];
    if (provider) return provider;
    throw providerError(`${titleOf(call)}: this worker has no provider "${call.provider}"`, { permanent: true });
  }

  function admitted(call: ResourceCall): Provider {
    const provider = providerOf(call);
    admit(call);
    return provider;
  }

  async function prepare(call: ResourceCall): Promise<void> {
    const { cancellationSignal: signal, info } = Context.current();
    let words = '';
    const progress = (said: string): void => {
      words = withoutSecretsInUse(said);
    };
    try {
      await whileBeating(
        async () => admitted(call).prepare?.(call, { signal, progress }),
        () => words,
      );
    } catch (error) {
      throw asProviderFailure(error, info.attempt);
    }
  }

  return {
    prepareResource: prepare,
    createResource: (call) => ask(call, async () => untilSent(() => admitted(call).create(call))),
    wakeResource: (call) => counted(call.provider, () => ask(call, async () => admitted(call).wake(call))),
    suspendResource: (call) => ask(call, (provider) => provider.suspend(call)),
    continueResource: (call) => ask(call, (provider) => provider.continue(call)),
    stopResource: (call) => ask(call, (provider) => provider.stop(call, call.graceMs)),
    destroyResource: (call) => ask(call, (provider) => provider.destroy(call)),
    inspectResource: (call) => ask(call, (provider) => provider.inspect(call)),
  };
}
