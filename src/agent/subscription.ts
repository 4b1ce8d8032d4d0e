/** The agent's current subscription, learned from answers to beats, turns and new credentials. */
import { randomUUID } from 'node:crypto';
import type { AssignedSubscription } from '../contract/agent';
import type { FailureReport } from '../contract/agent/subscription';
import { type FailureNotice, failureOf } from './reports';

/** The current subscription of one agent. */
export class CurrentSubscription {
  private current: AssignedSubscription | undefined;

  /**
   * Takes a subscription unless it is older: assignments only grow, and answers may overtake each
   * other.
   */
  learn(subscription: AssignedSubscription | null | undefined): void {
    if (subscription && subscription.assignment >= (this.current?.assignment ?? 0)) this.current = subscription;
  }

  /**
   * Completes a notice to a report. Throws if no subscription is known, or if only another
   * assignment number is given.
   */
  report(notice: FailureNotice): FailureReport {
    const { subscription, assignment, resetAt, turnId, requestId = randomUUID() } = notice;
    const found = 'kind' in notice ? { kind: notice.kind } : failureOf(notice.error);
    const own = subscription === undefined ? this.current : undefined;
    const name = subscription ?? own?.name;
    if (name === undefined) throw new Error('this agent has no subscription, so no credential can have failed');
    if (own && assignment !== undefined && assignment !== own.assignment) {
      throw new Error(`assignment ${String(assignment)} is not the current one: name its subscription too`);
    }
    const number = assignment ?? own?.assignment;
    return {
      subscription: name,
      ...(number === undefined ? {} : { assignment: number }),
      ...found,
      ...(resetAt === undefined ? {} : { resetAt }),
      ...(turnId === undefined ? {} : { turnId }),
      requestId,
    };
  }
}
