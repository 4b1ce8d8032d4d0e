/** All calls to workflows: each has a deadline and throws Drover's errors. */
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowClient,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/client';
import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { monotonicMs, onWallClock } from '../../lib/clock';
import type { CallOptions } from './call-options';
import { endOf } from './ends';
import { notFound } from './errors';
import { isClosedError, isLost } from './error-kinds';
import { explained, seenToFail } from './explain';
import type { Subject } from './subject';
import { updateIdOf } from './update-id';
import { UpdateQueue } from './update-queue';
import type { UpdateOptions, Answer, StartSpec } from './call-options';

/** Reads are answered within one workflow task. */
const READ_TIMEOUT_MS = 10_000;
/**
 * A read without an answer by then may be lost between two workflow tasks
 * (docs/decisions/0008-overlooked-updates.md); it is sent again.
 */
const READ_AGAIN_AFTER_MS = 3_000;
/** As many attempts as fit into the time of a read; with a closed connection each fails at once. */
const READ_ATTEMPTS = 4;
/**
 * An update answers after 5 s at most (docs/workflow-rules.md, rule 3), but may wait behind others.
 */
export const COMMAND_TIMEOUT_MS = 60_000;

/**
 * Calls to Temporal. One instance per process and server, because it holds the queue of updates.
 */
export class Calls {
  readonly client: Client;
  readonly #updates = new UpdateQueue();
  readonly #open = new Set<Promise<unknown>>();
  /** Only open workflows answer queries of this client. */
  readonly #ofOpen: WorkflowClient;

  constructor(client: Client) {
    this.client = client;
    const { connection } = client;
    this.#ofOpen = new WorkflowClient({ ...client.workflow.options, connection, queryRejectCondition: 'NOT_OPEN' });
  }

  /** Makes any call, with a deadline and translated errors. */
  within<T>(subject: Subject | null, { timeoutMs = READ_TIMEOUT_MS }: CallOptions, call: () => Promise<T>): Promise<T> {
    return this.#until(monotonicMs() + timeoutMs, subject, call);
  }

  /** Queries a workflow, open or closed. */
  query<T>(
    subject: Subject,
    definition: QueryDefinition<T>,
    { timeoutMs = READ_TIMEOUT_MS }: CallOptions = {},
  ): Promise<T> {
    return this.#query(this.client.workflow, subject, definition, monotonicMs() + timeoutMs);
  }

  /**
   * Queries a workflow, and says how it ended if it is closed. For an open workflow this is a
   * single call.
   */
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

  /** Signals an open workflow. */
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

  /**
   * Signals a workflow, which is started first if none runs. Throws `NotFound` if one with this id
   * has run and ended.
   */
  signalWithStart<A>(
    subject: Subject,
    start: StartSpec,
    definition: SignalDefinition<[A]>,
    arg: A,
    options: CallOptions = {},
  ): Promise<void> {
    return this.within(subject, options, async () => {
      try {
        await this.client.workflow.signalWithStart(start.workflowType, {
          workflowId: subject.workflowId,
          taskQueue: start.taskQueue,
          args: [...start.args],
          typedSearchAttributes: start.typedSearchAttributes,
          ...(start.staticSummary !== undefined && { staticSummary: start.staticSummary }),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          signal: definition,
          signalArgs: [arg],
        });
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) throw notFound(subject, error);
        throw error;
      }
    });
  }

  /** Sends an update to an open workflow and returns its answer. */
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
   * Sends an update and waits until the workflow has accepted it, then at most `answerWithinMs` for
   * the answer; null if it has not come yet. Throws a refusal, as `update` does. The same update id
   * again asks for the answer.
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
      // A refusal is an outcome too, and only `result` shows it.
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

  /** Sends an update to a workflow, which is started first if none runs. */
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
        ...(start.staticSummary !== undefined && { staticSummary: start.staticSummary }),
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

  /** The type of the last workflow with this id. Throws `NotFound`. */
  async typeOf(subject: Subject): Promise<string> {
    return this.within(subject, {}, async () => {
      const { type } = await this.client.workflow.getHandle(subject.workflowId).describe();
      return type;
    });
  }

  /** Whether a workflow with this id was there and has closed. */
  async isClosed(subject: Subject): Promise<boolean> {
    const end = await endOf(this, subject);
    return end !== null && end.how !== 'missing';
  }

  /**
   * Closes the connection once every call has its answer: gRPC retries by timers, which fail on a
   * closed channel.
   */
  async close(): Promise<void> {
    await Promise.allSettled(this.#open);
    await this.client.connection.close();
  }

  /**
   * gRPC takes a time of day and turns it into an interval at each call. So each attempt computes
   * that time again: the clock may have stepped since the last attempt.
   */
  #by<T>(deadline: number, call: () => Promise<T>): Promise<T> {
    return this.client.connection.withDeadline(onWallClock(deadline), call);
  }

  /**
   * Ends a call early when the workflow's task keeps failing, since it would never get an answer.
   */
  async #until<T>(deadline: number, subject: Subject | null, call: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    const answer = this.#by(deadline, () => this.client.connection.withAbortSignal(over.signal, call));
    this.#open.add(answer);
    try {
      return await (subject ? Promise.race([answer, seenToFail(this.client, subject, over.signal)]) : answer);
    } catch (error) {
      throw await explained(this.client, subject, error);
    } finally {
      over.abort();
      this.#open.delete(answer);
    }
  }
}
