/** Logs of agents, read by the worker of the agent's host. */
import type { HostActivities } from '../contract/activities';
import type { LogPart, LogPartRequest } from '../contract/agent/log';
import { resourceOfAgent } from '../contract/agent/messages';
import { DroverError } from '../contract/errors';
import { queues } from '../contract/names';
import { unseal } from '../lib/sealed';
import { askWorker } from './temporal/ask-worker';
import type { Calls } from './temporal/calls';
import { type AgentRef, agentSubject } from './temporal/subject';

/** How long reading takes, beside the wait for new lines. */
const READ_WITHIN_MS = 10_000;

/** Reads logs in parts. */
export class Logs {
  readonly #calls: Calls;
  readonly #queuePrefix: string;

  constructor(calls: Calls, queuePrefix: string) {
    this.#calls = calls;
    this.#queuePrefix = queuePrefix;
  }

  /**
   * A part of the log of an agent, also of one that has ended, without secrets. `agentSecret` is that
   * of the installation (`DROVER_AGENT_SECRET`). `Unavailable` if no worker serves the host.
   */
  async part(ref: AgentRef, request: LogPartRequest, agentSecret: string): Promise<LogPart> {
    const { fleet, agent } = ref;
    const resource = await this.#calls.query(agentSubject(ref), resourceOfAgent);
    const { provider, host } = resource;
    const isOfHost = provider === 'process' && host !== undefined;
    const taskQueue = isOfHost ? queues.host(this.#queuePrefix, host) : queues.main(this.#queuePrefix);
    const { waitMs = 0 } = request;
    const question = {
      about: `log/${fleet}/${agent}`,
      taskQueue,
      answerMs: READ_WITHIN_MS + waitMs,
      unanswered: `the log of ${fleet}/${agent} cannot be read: no worker answers at the task queue ${taskQueue}; start drover worker on its host`,
    };
    const { sealed } = await askWorker(this.#calls, question, (options) =>
      this.#calls.client.activity
        .typed<HostActivities>()
        .execute('readLog', { ...options, args: [{ ...resource, request }] }),
    );
    return opened(sealed, agentSecret, `${fleet}/${agent}`);
  }
}

function opened(sealed: string, agentSecret: string, name: string): LogPart {
  let text;
  try {
    text = unseal(sealed, agentSecret, name);
  } catch (cause) {
    const what = `the log of ${name} cannot be opened: its worker has another DROVER_AGENT_SECRET than this gateway`;
    throw new DroverError('Unavailable', what, undefined, { cause });
  }
  return JSON.parse(text) as LogPart;
}
