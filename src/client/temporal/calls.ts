/** The few ways in which the client talks to a workflow, each with a deadline and with our errors. */
import { type Client, WithStartWorkflowOperation, WorkflowClient } from '@temporalio/client';
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { WorkflowEnd } from '../../contract/ends';
import type { DroverError } from '../../contract/errors';
import type { KeywordPair } from '../../contract/search-attributes';
import { monotonicMs, onWallClock } from '../../lib/clock';
import type { CallOptions } from './call-options';
import { endOf } from './ends';
import { asDroverError, isClosedError, isLeftUnanswered, isLost, whyNotReplayed } from './errors';
import type { Subject } from './subject';
import { lookForFailures, notReplayed, unansweredError, watchForFailures } from './unanswered';
import { updateIdOf } from './update-id';
import { UpdateQueue } from './update-queue';

/** Options of a command. The same `requestId` again is the same request; with another command or argument it is refused. */
export interface RequestOptions extends CallOptions {
  readonly requestId?: string | undefined;
}

/** Options of an update. `updateId`: the same one again, for the same update and argument, is the same update; a random one unless given. */
export interface UpdateOptions extends CallOptions {
  readonly updateId?: string | undefined;
}

/** What a workflow has answered, and how it ended: null while it is open. */
export interface Answer<T> {
  readonly view: T;
  readonly end: WorkflowEnd | null;
}

/** The workflow that an update-with-start brings to life where none runs. */
export interface StartSpec {
  readonly workflowType: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
  readonly memo?: Readonly<Record<string, unknown>>;
  readonly typedSearchAttributes: KeywordPair[];
}

/** Reads are answered within one workflow task. */
const READ_TIMEOUT_MS = 10_000;
/** A read that has no answer by then may have been lost between two workflow tasks (decision 8), and is asked again. */
const READ_AGAIN_AFTER_MS = 3_000;
/** As often as that fits into the time of a read; a connection that is closed fails at once, every time. */
const READ_ATTEMPTS = 4;
/** An update answers after 5 s at the latest (rule 3), but may wait its turn behind others. */
export const COMMAND_TIMEOUT_MS = 60_000;

/** Calls to Temporal. One instance per process and server: it holds the queue of updates. */
export class Calls {
  readonly client: Client;
  readonly #updates = new UpdateQueue();
  readonly #open = new Set<Promise<unknown>>();
  /** Whose queries only open workflows answer. */
  readonly #ofOpen: WorkflowClient;

  constructor(client: Client) {
    this.client = client;
    const { connection } = client;
    this.#ofOpen = new WorkflowClient({ ...client.workflow.options, connection, queryRejectCondition: 'NOT_OPEN' });
  }

  /** Any call, with a deadline and with its errors translated. */
  within<T>(subject: Subject | null, { timeoutMs = READ_TIMEOUT_MS }: CallOptions, call: () => Promise<T>): Promise<T> {
    return this.#until(monotonicMs() + timeoutMs, subject, call);
  }

  /** Asks a workflow, running or closed. */
  query<T>(
    subject: Subject,
    definition: QueryDefinition<T>,
    { timeoutMs = READ_TIMEOUT_MS }: CallOptions = {},
  ): Promise<T> {
    return this.#query(this.client.workflow, subject, definition, monotonicMs() + timeoutMs);
  }

  /** Asks a workflow, and says whether that was its last word. Of an open one it is a single call. */
  async queryWithEnd<T>(
    subject: Subject,
    definition: QueryDefinition<T>,
    { timeoutMs = READ_TIMEOUT_MS }: CallOptions = {},
  ): Promise<Answer<T>> {
    const deadline = monotonicMs() + timeoutMs;
    try {
      return { view: await this.#query(this.#ofOpen, subject, definition, deadline), end: null };
    } catch (error) {
      if (!isClosedError(error)) throw error;
    }
    const [view, end] = await Promise.all([
      this.#query(this.client.workflow, subject, definition, deadline),
      endOf(this, subject, { timeoutMs: Math.max(0, deadline - monotonicMs()) }),
    ]);
    return { view, end };
  }

  #query<T>(workflows: WorkflowClient, subject: Subject, definition: QueryDefinition<T>, deadline: number): Promise<T> {
    const ask = () => workflows.getHandle(subject.workflowId).query<T>(definition);
    return this.#until(deadline, subject, async () => {
      for (let attempt = 1; ; attempt += 1) {
        const again = attempt === READ_ATTEMPTS ? deadline : Math.min(deadline, monotonicMs() + READ_AGAIN_AFTER_MS);
        try {
          return await this.#by(again, ask);
        } catch (error) {
          if (!isLost(error) || again === deadline) throw error;
        }
      }
    });
  }

  /** Tells a running workflow something, without an answer. */
  signal<A>(
    subject: Subject,
    definition: SignalDefinition<[A]> | string,
    arg: A,
    options: CallOptions = {},
  ): Promise<void> {
    return this.within(subject, options, () =>
      this.client.workflow.getHandle(subject.workflowId).signal<[A]>(definition, arg),
    );
  }

  /** Commands a running workflow and hears its answer. */
  update<T, A>(
    subject: Subject,
    definition: UpdateDefinition<T, [A]>,
    arg: A,
    options: UpdateOptions = {},
  ): Promise<T> {
    const updateId = updateIdOf(definition.name, arg, options.updateId);
    const handle = this.client.workflow.getHandle(subject.workflowId);
    return this.#queued(subject, options, () => handle.executeUpdate<T, [A]>(definition, { args: [arg], updateId }));
  }

  /**
   * Commands a running workflow, and waits until it has taken the command, and for its answer at most `answerWithinMs` more: null when
   * that is not there yet. A refusal is thrown, as by `update`; the same update id again asks for the answer.
   */
  accept<T, A>(
    subject: Subject,
    definition: UpdateDefinition<T, [A]>,
    arg: A,
    { answerWithinMs, ...options }: UpdateOptions & { readonly answerWithinMs: number },
  ): Promise<T | null> {
    const updateId = updateIdOf(definition.name, arg, options.updateId);
    const handle = this.client.workflow.getHandle(subject.workflowId);
    return this.#queued(subject, options, async () => {
      // A refusal is an outcome too, and only `result` tells it.
      const accepted = await handle.startUpdate<T, [A]>(definition, {
        args: [arg],
        updateId,
        waitForStage: 'ACCEPTED',
      });
      try {
        return await this.#by(monotonicMs() + answerWithinMs, () => accepted.result());
      } catch (error) {
        if (isLost(error)) return null;
        throw error;
      }
    });
  }

  /** Commands a workflow that is started first where none runs. */
  updateWithStart<T, A>(
    subject: Subject,
    start: StartSpec,
    definition: UpdateDefinition<T, [A]>,
    arg: A,
    options: UpdateOptions = {},
  ): Promise<T> {
    const updateId = updateIdOf(definition.name, arg, options.updateId);
    return this.#queued(subject, options, () => {
      // An operation serves one attempt only.
      const startWorkflowOperation = new WithStartWorkflowOperation(start.workflowType, {
        workflowId: subject.workflowId,
        taskQueue: start.taskQueue,
        args: [...start.args],
        typedSearchAttributes: start.typedSearchAttributes,
        ...(start.memo && { memo: start.memo }),
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      return this.client.workflow.executeUpdateWithStart<(...args: unknown[]) => Promise<unknown>, T, [A]>(definition, {
        startWorkflowOperation,
        args: [arg],
        updateId,
      });
    });
  }

  #queued<T>(subject: Subject, { timeoutMs = COMMAND_TIMEOUT_MS }: CallOptions, send: () => Promise<T>): Promise<T> {
    const deadline = monotonicMs() + timeoutMs;
    const isClosed = async () => {
      const { status } = await this.client.workflow.getHandle(subject.workflowId).describe();
      return status.name !== 'RUNNING';
    };
    const attempt = { send: () => this.#by(deadline, send), isClosed: () => this.#by(deadline, isClosed) };
    return this.#until(deadline, subject, () => this.#updates.run(subject.workflowId, deadline, attempt));
  }

  /** The type of the workflow that has an id, or had it last. Throws `NotFound`. */
  async typeOf(subject: Subject): Promise<string> {
    return this.within(subject, {}, async () => {
      const { type } = await this.client.workflow.getHandle(subject.workflowId).describe();
      return type;
    });
  }

  /** Closes the connection once every call has its answer: gRPC's repeats go on by timers, which find no channel afterwards. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#open);
    await this.client.connection.close();
  }

  /**
   * gRPC takes a time of day and turns it into an interval at each call, so each attempt says anew when that will be: between two
   * attempts the clock may have stepped.
   */
  #by<T>(deadline: number, call: () => Promise<T>): Promise<T> {
    return this.client.connection.withDeadline(onWallClock(deadline), call);
  }

  /** A call about a workflow whose task fails again and again ends as soon as that is seen: it would never have an answer. */
  async #until<T>(deadline: number, subject: Subject | null, call: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const answer = this.#by(deadline, () => this.client.connection.withAbortSignal(over.signal, call));
    this.#open.add(answer);
    try {
      return await (subject ? Promise.race([answer, this.#seenToFail(subject, over.signal)]) : answer);
    } catch (error) {
      throw await this.#explained(subject, error);
    } finally {
      over.abort();
      this.#open.delete(answer);
    }
  }

  /** Rejects once the workflow is seen to fail; never resolves. */
  async #seenToFail(subject: Subject, signal: AbortSignal): Promise<never> {
    const unanswered = await watchForFailures(this.client, subject.workflowId, signal);
    if (unanswered) throw unansweredError(subject, unanswered);
    return new Promise(() => undefined);
  }

  /** The error as ours; of a workflow that has left the call without an answer, with the reason where the server knows it. */
  async #explained(subject: Subject | null, error: unknown): Promise<DroverError> {
    const translated = asDroverError(error, subject);
    const why = whyNotReplayed(error);
    if (!subject || (why === undefined && !isLeftUnanswered(error))) return translated;
    const seen = await lookForFailures(this.client, subject.workflowId).catch(() => null);
    const unanswered = seen ?? (why === undefined ? null : notReplayed(why));
    return unanswered ? unansweredError(subject, unanswered, error) : translated;
  }
}
