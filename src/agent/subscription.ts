/** The subscription that the agent works with, as far as it has heard of it: by a beat's answer, a turn, or new credentials. */
import { randomUUID } from 'node:crypto';
import type { AssignedSubscription } from '../contract/agent';
import type { FailureReport } from '../contract/agent/subscription';
import { type FailureNotice, failureOf } from './reports';

/** One per agent. */
export class CurrentSubscription {
  private current: AssignedSubscription | undefined;

  /** Assignments only grow, and answers may overtake each other: an earlier one is no news. */
  learn(subscription: AssignedSubscription | null | undefined): void {
    if (subscription && subscription.assignment >= (this.current?.assignment ?? 0)) this.current = subscription;
  }

  /** A notice as a report. Throws where nobody has told the agent of a subscription, or of the one whose number alone is given. */
  report(notice: FailureNotice): FailureReport {
    const { subscription, assignment, resetAt, turnId, requestId = randomUUID() } = notice;
    const found = 'kind' in notice ? { kind: notice.kind } : failureOf(notice.error);
    const own = subscription === undefined ? this.current : undefined;
    const name = subscription ?? own?.name;
    if (name === undefined) throw new Error('this agent has no subscription that could have failed');
    if (own && assignment !== undefined && assignment !== own.assignment) {
      throw new Error(`assignment ${String(assignment)} is not the present one: name its subscription too`);
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
