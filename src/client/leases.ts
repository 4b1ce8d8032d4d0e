/** Leases: how a gateway vouches for the agents that beat at it (docs/lifecycle.md, "Leases"). */
import type { LeaseRef, LeaseView, RenewLease } from '../contract/lease';
import { describeLease, renewLease } from '../contract/lease/messages';
import { LEASE_WORKFLOW, leaseWorkflowId, queues } from '../contract/names';
import type { Calls } from './temporal/calls';
import type { CallOptions } from './temporal/call-options';
import { workflowSubject } from './temporal/subject';

/** The calls by which a gateway keeps its leases. */
export class Leases {
  readonly #calls: Calls;
  readonly #queuePrefix: string;

  constructor(calls: Calls, queuePrefix: string) {
    this.#calls = calls;
    this.#queuePrefix = queuePrefix;
  }

  /** Begins a lease with its first renewal, or renews it. `NotFound` for a lease that has ended. */
  begin(ref: LeaseRef, renewal: RenewLease, options: CallOptions = {}): Promise<void> {
    const start = {
      workflowType: LEASE_WORKFLOW,
      taskQueue: queues.main(this.#queuePrefix),
      args: [{ v: 1, ...ref }],
      staticSummary: `lease ${String(ref.shard)} of a gateway`,
      typedSearchAttributes: [],
    };
    return this.#calls.signalWithStart(workflowSubject(leaseWorkflowId(ref)), start, renewLease, renewal, options);
  }

  /** Renews a lease that has begun. `NotFound` for one that has ended. */
  renew(ref: LeaseRef, renewal: RenewLease, options: CallOptions = {}): Promise<void> {
    return this.#calls.signal(workflowSubject(leaseWorkflowId(ref)), renewLease, renewal, options);
  }

  /** A lease as its own workflow sees it; works for ended leases too. */
  describe(ref: LeaseRef, options: CallOptions = {}): Promise<LeaseView> {
    return this.#calls.query(workflowSubject(leaseWorkflowId(ref)), describeLease, options);
  }
}
