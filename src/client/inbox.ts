/** The inbox: the items of all runs that wait for a person. */
import { DroverError } from '../contract/errors';
import { itemRef, type WaitingItem, type WaitingKind } from '../contract/run/inbox';
import { RUN_WORKFLOW } from '../contract/names';
import type { Origin } from '../contract/caller/origin';
import type { RunView } from '../contract/run';
import { runInbox } from '../contract/run/messages';
import { inParallel } from '../lib/in-parallel';
import { denialOf } from '../rules/run/inbox';
import type { Runs } from './runs/runs';
import type { Calls } from './temporal/calls';
import type { RequestOptions } from './temporal/call-options';
import type { CallOptions } from './temporal/call-options';
import { allPages } from './temporal/pages';
import { type RunRef, runSubject } from './temporal/subject';
import { anyOf, equals, listWorkflows } from './temporal/visibility';

/** Which items: all, unless narrowed. */
export interface InboxFilter {
  readonly fleet?: string;
  /** Any of these fleets; together with `fleet`, both conditions apply. */
  readonly fleets?: readonly string[];
  readonly kind?: WaitingKind;
}

/** A run with unknown items, because its workflow does not answer. */
export interface UnansweredRun extends RunRef {
  readonly why: string;
}

/** The items, the oldest first, and the runs that did not answer. */
export interface InboxList {
  readonly items: readonly WaitingItem[];
  readonly unanswered: readonly UnansweredRun[];
}

/** The outcome of a denial of many items. */
export interface Denied {
  readonly denied: readonly string[];
  /** Items that were answered, or withdrawn, since they were listed. */
  readonly refused: readonly { readonly id: string; readonly why: string }[];
}

/** Options of an answer. */
export interface ItemAnswerOptions extends RequestOptions {
  /** As shown with the item: an answer to a changed question is refused. */
  readonly digest?: string;
}

/** Runs that are asked at a time: 1,000 of them are listed within a second. */
const AT_ONCE = 50;

/** All operations on waiting items. */
export class Inbox {
  readonly #calls: Calls;
  readonly #runs: Runs;

  constructor(calls: Calls, runs: Runs) {
    this.#calls = calls;
    this.#runs = runs;
  }

  /** The waiting items. Visibility names the runs, eventually consistent; each run lists its items. */
  async list({ fleet, fleets, kind }: InboxFilter = {}, options: CallOptions = {}): Promise<InboxList> {
    const conditions = [
      equals('WorkflowType', RUN_WORKFLOW),
      equals('ExecutionStatus', 'Running'),
      'DroverWaiting IS NOT NULL',
      ...(fleet === undefined ? [] : [equals('DroverFleet', fleet)]),
      ...(fleets === undefined ? [] : [anyOf('DroverFleet', fleets)]),
    ];
    const refs = await allPages((page) => listWorkflows(this.#calls, conditions, refOf, { ...options, ...page }));
    const asked = await inParallel(refs, AT_ONCE, (ref) => this.#itemsOf(ref, options));
    const items = asked.flatMap((answer) => ('items' in answer ? answer.items : []));
    return {
      items: items.filter((item) => kind === undefined || item.kind === kind).sort(byAge),
      unanswered: asked.flatMap((answer) => ('why' in answer ? [answer] : [])),
    };
  }

  /** One item. `NotFound` if it does not wait, or no longer waits. */
  async get(id: string, options: CallOptions = {}): Promise<WaitingItem> {
    const ref = mustBeItem(id);
    const { items } = await this.#calls.query(runSubject(ref), runInbox, options);
    const found = items.find((item) => item.id === id);
    if (found !== undefined) return found;
    throw new DroverError('NotFound', `nothing waits under the id ${id}; drover inbox lists what does`);
  }

  /**
   * Answers one item. `RuntimeStateError` if it was answered already, is over or was withdrawn, or if
   * its question has changed since `digest` was shown.
   */
  answer(id: string, value: unknown, { digest, ...options }: ItemAnswerOptions = {}): Promise<RunView> {
    const { number, ...ref } = mustBeItem(id);
    return this.#runs.answerItem(ref, { number, value, ...(digest !== undefined && { digest }) }, options);
  }

  /** Moves the deadline of one item; a deadline that has passed counts from now. */
  extend(id: string, extension: string, options: RequestOptions = {}): Promise<RunView> {
    const { number, ...ref } = mustBeItem(id);
    return this.#runs.extendItem(ref, { number, extension }, options);
  }

  /** Says no to every waiting permission, or to every gate. */
  async deny(
    kind: Exclude<WaitingKind, 'question'>,
    filter: Omit<InboxFilter, 'kind'> = {},
    origin: Origin = {},
  ): Promise<Denied> {
    const { items } = await this.list({ ...filter, kind });
    const outcomes = await inParallel(items, AT_ONCE, async (item) => {
      try {
        await this.answer(item.id, denialOf(item), { digest: item.digest, ...origin });
        return { id: item.id, why: null };
      } catch (error) {
        if (error instanceof DroverError) return { id: item.id, why: error.message };
        throw error;
      }
    });
    return {
      denied: outcomes.flatMap(({ id, why }) => (why === null ? [id] : [])),
      refused: outcomes.flatMap(({ id, why }) => (why === null ? [] : [{ id, why }])),
    };
  }

  async #itemsOf(
    ref: RunRef,
    options: CallOptions,
  ): Promise<{ readonly items: readonly WaitingItem[] } | UnansweredRun> {
    try {
      const { view, end } = await this.#calls.queryWithEnd(runSubject(ref), runInbox, options);
      return { items: end === null ? view.items : [] };
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      return error.code === 'RunNotFound' ? { items: [] } : { ...ref, why: error.message };
    }
  }
}

function refOf({ workflowId }: { readonly workflowId: string }): RunRef {
  const [, fleet = '', run = ''] = workflowId.split('/');
  return { fleet, run };
}

function mustBeItem(id: string): NonNullable<ReturnType<typeof itemRef>> {
  const ref = itemRef(id);
  if (ref !== undefined) return ref;
  throw new DroverError('InvalidRequest', `invalid id "${id.slice(0, 200)}": an item is named fleet.run.number`);
}

function byAge(a: WaitingItem, b: WaitingItem): number {
  if (a.askedAt !== b.askedAt) return a.askedAt < b.askedAt ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
