/** Effects on resources: each call goes to the provider of its kind, and its errors become failures. */
import { Context } from '@temporalio/activity';
import type { ProviderActivities, ResourceCall } from '../contract/activities';
import { type Provider, type Providers, providerError, titleOf } from '../providers/provider';
import { whileBeating } from './beating';
import { asProviderFailure } from './failures';

/** The provider activities over these providers. */
export function createProviderActivities(providers: Providers): ProviderActivities {
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

  return {
    createResource: (call) => ask(call, (provider) => provider.create(call)),
    wakeResource: (call) => ask(call, (provider) => provider.wake(call)),
    suspendResource: (call) => ask(call, (provider) => provider.suspend(call)),
    continueResource: (call) => ask(call, (provider) => provider.continue(call)),
    stopResource: (call) => ask(call, (provider) => provider.stop(call, call.graceMs)),
    destroyResource: (call) => ask(call, (provider) => provider.destroy(call)),
    inspectResource: (call) => ask(call, (provider) => provider.inspect(call)),
  };
}
