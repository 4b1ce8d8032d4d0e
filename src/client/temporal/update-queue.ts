/**
 * Sends updates, a few at a time. A workflow accepts at most ten updates in flight. So every
 * process uses only a share of them, and retries a refused update with the same id: callers never
 * see Temporal's limit.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../lib/clock';
import { jitteredDelayMs } from './backoff';
import { isAbortedByClosing, isConnectionError, isRetryableUpdateError } from './error-kinds';

/** Three processes together stay below Temporal's limit of ten (docs/workflow-rules.md, rule 4). */
const IN_FLIGHT_PER_WORKFLOW = 3;
/** The first and the longest pause before a retry. */
const BACKOFF_MS = { base: 25, max: 2_000 } as const;
/** How long to wait for a server that cannot be reached, even if the caller's deadline is later. */
const UNREACHABLE_MS = 5_000;

/** How to send an update, and how to check whether its workflow has ended for good. */
export interface UpdateAttempt<T> {
  readonly send: () => Promise<T>;
  readonly isClosed: () => Promise<boolean>;
}

/** Runs updates of each workflow at most three at a time, in order of arrival. */
export class UpdateQueue {
  readonly #lines = new Map<string, { active: number; waiting: (() => void)[] }>();

  /**
   * Sends an update until it is answered; throws the last error after `deadline` (by the monotonic
   * clock).
   */
  async run<T>(workflowId: string, deadline: number, attempt: UpdateAttempt<T>): Promise<T> {
    await this.#enter(workflowId);
    try {
      return await withRetries(deadline, attempt);
    } finally {
      this.#leave(workflowId);
    }
  }

  async #enter(workflowId: string): Promise<void> {
    const line = this.#lines.get(workflowId) ?? { active: 0, waiting: [] };
    this.#lines.set(workflowId, line);
    if (line.active < IN_FLIGHT_PER_WORKFLOW) {
      line.active += 1;
      return;
    }
    await new Promise<void>((resolve) => line.waiting.push(resolve));
  }

  /** The caller that waits longest takes over the slot, so `active` does not change. */
  #leave(workflowId: string): void {
    const line = this.#lines.get(workflowId);
    const next = line?.waiting.shift();
    if (next) next();
    else if (line && --line.active === 0) this.#lines.delete(workflowId);
  }
}

async function withRetries<T>(deadline: number, { send, isClosed }: UpdateAttempt<T>): Promise<T> {
  const unreachable = monotonicMs() + UNREACHABLE_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const pauseMs = jitteredDelayMs(attempt, BACKOFF_MS.base, BACKOFF_MS.max);
      const patience = isConnectionError(error) ? Math.min(deadline, unreachable) : deadline;
      if (!isRetryableUpdateError(error) || monotonicMs() + pauseMs > patience) throw error;
      // A run aborts open updates when it continues as new and when it ends; only after an end
      // every retry fails too.
      if (isAbortedByClosing(error) && (await isClosed())) throw error;
      await sleep(pauseMs);
    }
  }
}
