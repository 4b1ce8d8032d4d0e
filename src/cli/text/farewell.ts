/** What `drover up` says when it ends by itself: which agents run on, and how to get them back or rid of them. */
import { hasFailed, isStopped } from '../../rules/agent/lifecycle';
import type { DroverClient } from '../../client';
import { DroverError } from '../../contract/errors';

/** A server that has just answered does so again at once; one that does not is not worth a wait at the end. */
const COUNT_MS = 2_000;

/** Undefined where nothing runs on. */
export async function farewell(client: DroverClient, fleet: string | undefined): Promise<string | undefined> {
  const many = await count(client);
  if (many === 0) return undefined;
  const [who, them] = many === 1 ? ['1 agent runs', 'it'] : [`${many ?? 'the'} agents run`, 'them'];
  const destroy = `drover destroy ${fleet ?? 'FLEET'} while it is up`;
  return `drover: ${who} on. "drover up" in this directory gets ${them} back; ${destroy} removes ${them}.`;
}

/** The agents that are there, up to a page of them; null where Temporal does not say. */
async function count({ agents }: DroverClient): Promise<number | string | null> {
  try {
    const { items, nextPageToken } = await agents.list({}, { timeoutMs: COUNT_MS });
    const there = items.filter((agent) => !isStopped(agent) && !hasFailed(agent)).length;
    return nextPageToken ? `more than ${String(there)}` : there;
  } catch (error) {
    if (error instanceof DroverError) return null;
    throw error;
  }
}
