/** Turns of a run that are over, read from the workers that took them. */
import { describeAgent } from '../../contract/agent/messages';
import { DroverError } from '../../contract/errors';
import { queues } from '../../contract/names';
import {
  type RunTurns,
  type TurnRecord,
  type TurnRecordActivities,
  type TurnRecordPage,
  turnsOf,
} from '../../contract/run/turn-record';
import { messageOf } from '../../contract/text';
import { inParallel } from '../../lib/in-parallel';
import { unseal } from '../../lib/sealed';
import { askWorker } from '../temporal/ask-worker';
import type { Calls } from '../temporal/calls';
import { agentSubject, type RunRef } from '../temporal/subject';

/** How long reading a page takes. */
const READ_WITHIN_MS = 10_000;
/** Agents that are asked for their host at a time. */
const AT_ONCE = 16;
/** The most bytes of one answer, of all hosts together. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The turns of a run, oldest first, from the hosts of these agents and from a worker of the main queue. */
export async function readRunTurns(
  calls: Calls,
  { queuePrefix, agents, agentSecret }: TurnReader,
  ref: RunRef,
): Promise<RunTurns> {
  const hosts = await hostsOf(calls, ref.fleet, agents);
  const taskQueues = [queues.main(queuePrefix), ...hosts.map((host) => queues.host(queuePrefix, host))];
  const turns = new Map<string, TurnRecord>();
  const problems: string[] = [];
  await inParallel(taskQueues, AT_ONCE, async (taskQueue) => {
    try {
      for await (const page of pagesOf(calls, taskQueue, ref, agentSecret)) {
        for (const turn of page.turns) turns.set(turn.id, turn);
        if (page.problem !== null && !problems.includes(page.problem)) problems.push(page.problem);
      }
    } catch (error) {
      problems.push(`${taskQueue}: ${messageOf(error)}`);
    }
  });
  const sorted = [...turns.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { turns: sorted, problems };
}

/** Dependencies of a reader: the prefix of the queues, the fleet's agents, and the installation's secret. */
export interface TurnReader {
  readonly queuePrefix: string;
  readonly agents: readonly string[];
  /** `DROVER_AGENT_SECRET`, with which workers seal their answers. */
  readonly agentSecret: string;
}

async function hostsOf(calls: Calls, fleet: string, agents: readonly string[]): Promise<string[]> {
  const hosts = new Set<string>();
  await inParallel(agents, AT_ONCE, async (agent) => {
    try {
      const { host } = await calls.query(agentSubject({ fleet, agent }), describeAgent, { timeoutMs: READ_WITHIN_MS });
      if (host !== undefined) hosts.add(host);
    } catch (error) {
      // An agent that is gone or does not answer says nothing of its host; the main queue is asked anyway.
      if (!(error instanceof DroverError)) throw error;
    }
  });
  return [...hosts].sort();
}

async function* pagesOf(
  calls: Calls,
  taskQueue: string,
  ref: RunRef,
  agentSecret: string,
): AsyncGenerator<TurnRecordPage> {
  let bytes = 0;
  for (let after: string | undefined; ;) {
    const call = { fleet: ref.fleet, run: ref.run, ...(after === undefined ? {} : { after }) };
    const text = await sealedPage(calls, taskQueue, call).then((sealed) => opened(sealed, agentSecret, turnsOf(call)));
    const page = JSON.parse(text) as TurnRecordPage;
    bytes += text.length;
    const isTooMuch = page.next !== null && bytes > MOST_BYTES;
    yield isTooMuch ? { ...page, problem: 'the run has more turns than one answer holds (16 MiB)' } : page;
    if (page.next === null || isTooMuch) return;
    after = page.next;
  }
}

async function sealedPage(
  calls: Calls,
  taskQueue: string,
  call: Parameters<TurnRecordActivities['readTurns']>[0],
): Promise<string> {
  const question = {
    about: `turns/${call.fleet}/${call.run}`,
    taskQueue,
    answerMs: READ_WITHIN_MS,
    unanswered: `no worker answers at the task queue ${taskQueue}, so the turns that it took are missing; start drover worker on its host`,
  };
  const { sealed } = await askWorker(calls, question, (options) =>
    calls.client.activity.typed<TurnRecordActivities>().execute('readTurns', { ...options, args: [call] }),
  );
  return sealed;
}

function opened(sealed: string, agentSecret: string, about: string): string {
  try {
    return unseal(sealed, agentSecret, about);
  } catch (cause) {
    const what = `the ${about} cannot be opened: the worker has another DROVER_AGENT_SECRET than this one`;
    throw new DroverError('Unavailable', what, undefined, { cause });
  }
}
