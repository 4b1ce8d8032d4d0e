/** The last message of `drover up`: which agents still run, and how to manage or remove them. */
import { hasFailed, isStopped } from '../../rules/agent/lifecycle';
import type { DroverClient } from '../../client';
import { DroverError } from '../../contract/errors';

/**
 * The server has just answered, so it answers again at once; the end does not wait longer for it.
 */
const COUNT_MS = 2_000;

/** The message; undefined if no agent runs. */
export async function farewell(client: DroverClient, fleet: string | undefined): Promise<string | undefined> {
  const many = await count(client);
  if (many === 0) return undefined;
  const [who, them] = many === 1 ? ['1 agent runs', 'it'] : [`${many ?? 'the'} agents run`, 'them'];
  const destroy = `drover destroy ${fleet ?? 'FLEET'} while it is up`;
  return `drover: ${who} on. "drover up" in this directory gets ${them} back; ${destroy} removes ${them}.`;
}

/** Counts running agents, up to one page; null if Temporal does not answer. */
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
