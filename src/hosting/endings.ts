/** Tells agents' workflows at once which instances have ended by themselves. */
import type { Calls } from '../client/temporal/calls';
import { agentSubject } from '../client/temporal/subject';
import { agentSignals } from '../contract/agent/messages';
import { DroverError } from '../contract/errors';
import type { EndedInstance, Providers } from '../providers/provider';

/**
 * Starts every provider's watch and returns a function that stops them. `warn` receives failures; a
 * watch repeats a report that failed.
 */
export function watchEndings(
  providers: Providers,
  calls: Pick<Calls, 'signal'>,
  warn: (error: unknown) => void,
): () => Promise<void> {
  const report = async ({ fleet, agent, key, instanceId }: EndedInstance): Promise<void> => {
    try {
      await calls.signal(agentSubject({ fleet, agent }), agentSignals.instanceEnded, { key, instanceId });
    } catch (error) {
      // The agent is over, or belongs to another server.
      if (!(error instanceof DroverError && error.code === 'AgentNotFound')) throw error;
    }
  };
  const watches = Object.values(providers).flatMap((provider) => provider.watch?.(report, warn) ?? []);
  return async () => {
    await Promise.all(watches.map((watch) => watch.stop()));
  };
}
