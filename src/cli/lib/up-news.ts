/** Follows the lists while `drover up` stays, and says what happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DroverClient } from '../../client';
import { allPages } from '../../client/temporal/pages';
import type { AgentListItem } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { RunListItem } from '../../contract/run';
import { newsLines, type Look } from '../text/up/news';
import { aboutText, subjectOf } from '../text/event';
import { say } from './output';

/** Visibility is about a second old. */
const LOOK_EVERY_MS = 1_000;
/** The most runs that are asked for a question at each look. */
const MOST_RUNS = 10;

/**
 * Says what has changed since the look `first`, and what happens until `signal` aborts. An outage is waited out: `up` itself
 * ends when the server ends.
 */
export async function tellNews(client: DroverClient, first: Look | null, signal: AbortSignal): Promise<void> {
  await Promise.all([tellChanges(client, first, signal), tellEnds(client, signal)]);
}

async function tellChanges(client: DroverClient, first: Look | null, signal: AbortSignal): Promise<void> {
  let before = first;
  while (!signal.aborted) {
    const after = await look(client);
    if (before !== null && after !== null) for (const line of newsLines(before, after)) say(line);
    before = after ?? before;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** How everything is. Null while Temporal does not answer. */
export async function look({ agents, runs }: DroverClient): Promise<Look | null> {
  try {
    const open = await allPages<RunListItem>((page) => runs.list({ state: 'running' }, page), MOST_RUNS);
    return {
      agents: await allPages<AgentListItem>((page) => agents.list({}, page)),
      runs: await Promise.all(open.map((run) => runs.present(run))),
    };
  } catch (error) {
    if (error instanceof DroverError) return null;
    throw error;
  }
}

async function tellEnds({ feed }: DroverClient, signal: AbortSignal): Promise<void> {
  try {
    for await (const event of feed.watch({ signal, types: ['run.failed'] })) {
      say(`run ${subjectOf(event)} failed: ${aboutText(event)}`);
    }
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    say(`drover: the ends of runs are not shown: ${error.message}`);
  }
}
