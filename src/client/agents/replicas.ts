/** The name of a service in place of an agent's: the agent of the file that its replicas stand for. */
import { DroverError } from '../../contract/errors';
import { isReplicaName } from '../../contract/names';
import type { DroverClient } from '../drover-client';
import type { AgentRef } from '../temporal/subject';

/**
 * The replicas that a name stands for, after a call for an agent of that name has failed with this
 * error. Throws the error itself unless it says that no such agent exists, and the fleet has a
 * service of that name.
 */
export async function replicasInPlaceOf(client: DroverClient, ref: AgentRef, error: unknown): Promise<AgentRef[]> {
  if (!(error instanceof DroverError && error.code === 'AgentNotFound')) throw error;
  const view = await client.fleets.present(ref.fleet).catch(() => null);
  const isService = view?.spec.agents.some(({ name, replicas }) => name === ref.agent && replicas !== undefined);
  if (!view || !isService) throw error;
  const names = Object.keys(view.agents).filter((name) => isReplicaName(ref.agent, name));
  if (names.length === 0) {
    const what = `${ref.fleet}/${ref.agent} is a service without a replica; drover scale ${ref.fleet}/${ref.agent} 1 makes one`;
    throw new DroverError('AgentNotFound', what, { replicas: [] }, { cause: error });
  }
  return names.sort(byNumber).map((agent) => ({ fleet: ref.fleet, agent }));
}

/** The answer for one agent. The name of a service is refused, with the names to use. */
export async function ofOneAgent<T>(
  client: DroverClient,
  ref: AgentRef,
  work: (ref: AgentRef) => Promise<T>,
): Promise<T> {
  try {
    return await work(ref);
  } catch (error) {
    const replicas = (await replicasInPlaceOf(client, ref, error)).map(({ fleet, agent }) => `${fleet}/${agent}`);
    const what = `${ref.fleet}/${ref.agent} is a service; name one of its replicas: ${replicas.join(', ')}`;
    throw new DroverError('AgentNotFound', what, { replicas }, { cause: error });
  }
}

/** `Worker-2` before `Worker-10`. */
function byNumber(one: string, other: string): number {
  return one.length - other.length || one.localeCompare(other);
}
