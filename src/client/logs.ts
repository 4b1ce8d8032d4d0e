/** Logs of agents, read by the worker of the agent's host. */
import { randomUUID } from 'node:crypto';
import { ActivityExecutionFailedError } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import type { HostActivities } from '../contract/activities';
import type { LogPart, LogPartRequest } from '../contract/agent/log';
import { resourceOfAgent } from '../contract/agent/messages';
import { DroverError } from '../contract/errors';
import { queues } from '../contract/names';
import { unseal } from '../lib/sealed';
import type { Calls } from './temporal/calls';
import { type AgentRef, agentSubject } from './temporal/subject';

/** How long a worker may take to begin: one that restarts is back by then. */
const TAKEN_WITHIN_MS = 10_000;
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
   * of the installation (`DROVER_AGENT_SECRET`). `Unavailable` where no worker serves the host.
   */
  async part(ref: AgentRef, request: LogPartRequest, agentSecret: string): Promise<LogPart> {
    const { fleet, agent } = ref;
    const resource = await this.#calls.query(agentSubject(ref), resourceOfAgent);
    const { provider, host } = resource;
    const isOfHost = provider === 'process' && host !== undefined;
    const taskQueue = isOfHost ? queues.host(this.#queuePrefix, host) : queues.main(this.#queuePrefix);
    const { waitMs = 0 } = request;
    const timeoutMs = TAKEN_WITHIN_MS + READ_WITHIN_MS + waitMs;
    const { sealed } = await this.#calls.within(null, { timeoutMs }, () =>
      this.#calls.client.activity
        .typed<HostActivities>()
        .execute('readLog', {
          id: `log/${fleet}/${agent}/${randomUUID()}`,
          taskQueue,
          args: [{ ...resource, request }],
          scheduleToStartTimeout: TAKEN_WITHIN_MS,
          startToCloseTimeout: READ_WITHIN_MS + waitMs,
          // The reader asks again; a second attempt would answer to a reader that is gone.
          retry: { maximumAttempts: 1 },
        })
        .catch((error: unknown) => {
          throw isNotTaken(error) ? noWorker(`${fleet}/${agent}`, taskQueue, error) : error;
        }),
    );
    return opened(sealed, agentSecret, `${fleet}/${agent}`);
  }
}

function isNotTaken(error: unknown): boolean {
  return error instanceof ActivityExecutionFailedError && error.cause instanceof TimeoutFailure;
}

function noWorker(name: string, taskQueue: string, cause: unknown): DroverError {
  const what = `the log of ${name} cannot be read: no worker answers at the task queue ${taskQueue}; start drover worker on its host`;
  return new DroverError('Unavailable', what, undefined, { cause });
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
