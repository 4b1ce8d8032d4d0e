/** Pools of credentials: which agent uses which, and which are cooling down. */
import { describePool, poolUpdates } from '../contract/pool/messages';
import { POOL_WORKFLOW } from '../contract/names';
import type { PoolListItem, PoolView } from '../contract/pool';
import type { Calls } from './temporal/calls';
import type { RequestOptions } from './temporal/call-options';
import type { CallOptions } from './temporal/call-options';
import { endedError, orEnded } from './temporal/ends';
import { poolSubject } from './temporal/subject';
import { equals, type Listed, listWorkflows, type Page, type PageOptions } from './temporal/visibility';

/** Message parts for a pool that has ended. */
const ENDED = {
  ended: 'no fleet uses it',
  wayOn:
    'it starts again when an agent asks for a credential, or with drover apply of a fleet that describes it; ' +
    'its failures and cool-downs are forgotten',
};

/** All operations on pools. */
export class Pools {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** A pool as its own workflow sees it. `PoolNotFound` for an ended pool. */
  async describe(pool: string, options: CallOptions = {}): Promise<PoolView> {
    const { view, end } = await this.#calls.queryWithEnd(poolSubject(pool), describePool, options);
    if (end === null) return view;
    throw endedError(poolSubject(pool), end, ENDED);
  }

  /** One page of pools from visibility: eventually consistent, newest first. */
  async list(options: PageOptions = {}): Promise<Page<PoolListItem>> {
    const conditions = [equals('WorkflowType', POOL_WORKFLOW), equals('ExecutionStatus', 'Running')];
    return listWorkflows(this.#calls, conditions, poolItem, options);
  }

  /**
   * Forgets the failures of one credential, or of all, so that they can be assigned again at once.
   */
  reset(pool: string, credential?: string, { requestId, by, from, timeoutMs }: RequestOptions = {}): Promise<PoolView> {
    const argument = {
      ...(credential !== undefined && { credential }),
      ...(requestId !== undefined && { requestId }),
      ...(by !== undefined && { by }),
      ...(from !== undefined && { from }),
    };
    const options = { ...(timeoutMs !== undefined && { timeoutMs }), updateId: requestId };
    const subject = poolSubject(pool);
    const asked = this.#calls.update(subject, poolUpdates.reset, argument, options);
    return orEnded(this.#calls, subject, ENDED, asked);
  }
}

/** A pool of a list. A new pool has no summary yet. */
function poolItem({ workflowId, memo, problem }: Listed): PoolListItem {
  const none: Omit<PoolListItem, 'pool' | 'problem'> = {
    credentials: 0,
    free: 0,
    agents: 0,
    failuresInWindow: 0,
    exhaustedUntil: null,
  };
  const summary = memo('summary') as Partial<PoolListItem> | undefined;
  return { ...none, ...summary, pool: workflowId.split('/')[1] ?? '', problem };
}
