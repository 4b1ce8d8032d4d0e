/**
 * Updates, a few at a time. A workflow takes at most ten updates in flight and refuses the eleventh, so every process keeps to a
 * share of that and repeats what was refused for want of room, with the same id: no caller ever sees Temporal's own limit.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../lib/clock';
import { jitteredDelayMs } from './backoff';
import { isAbortedByClosing, isConnectionError, isRetryableUpdateError } from './errors';

/** docs/workflow-rules.md, rule 4: three processes at once stay under Temporal's limit of ten. */
const IN_FLIGHT_PER_WORKFLOW = 3;
/** First and longest pause before a repeat. */
const BACKOFF_MS = { base: 25, max: 2_000 } as const;
/** How long a server that cannot be reached is waited for, where the caller's own deadline is later. */
const UNREACHABLE_MS = 5_000;

/** How to send an update, and how to see whether its workflow has ended for good. */
export interface UpdateAttempt<T> {
  readonly send: () => Promise<T>;
  readonly isClosed: () => Promise<boolean>;
}

/** Runs updates of each workflow at most three at a time, in order of arrival. */
export class UpdateQueue {
  readonly #lines = new Map<string, { active: number; waiting: (() => void)[] }>();

  /** Sends an update until it was answered or `deadline` (by the monotonic clock) has passed, then throws the last error. */
  async run<T>(workflowId: string, deadline: number, attempt: UpdateAttempt<T>): Promise<T> {
    await this.#enter(workflowId);
    try {
      return await persistently(deadline, attempt);
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

  /** Whoever waits longest takes over the place, so `active` stays as it is. */
  #leave(workflowId: string): void {
    const line = this.#lines.get(workflowId);
    const next = line?.waiting.shift();
    if (next) next();
    else if (line && --line.active === 0) this.#lines.delete(workflowId);
  }
}

async function persistently<T>(deadline: number, { send, isClosed }: UpdateAttempt<T>): Promise<T> {
  const unreachable = monotonicMs() + UNREACHABLE_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const pauseMs = jitteredDelayMs(attempt, BACKOFF_MS.base, BACKOFF_MS.max);
      const patience = isConnectionError(error) ? Math.min(deadline, unreachable) : deadline;
      if (!isRetryableUpdateError(error) || monotonicMs() + pauseMs > patience) throw error;
      // Both a run that continues as new and one that ends abort what they could not answer; the second does so for ever.
      if (isAbortedByClosing(error) && (await isClosed())) throw error;
      await sleep(pauseMs);
    }
  }
}
