/** Runs: one task over a fleet's topology. */
import { createHash, randomBytes } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/common';
import { DroverError } from '../../contract/errors';
import type { ItemAnswer, ItemExtension } from '../../contract/run/inbox';
import type { Origin } from '../../contract/caller/origin';
import { describeRun, runUpdates } from '../../contract/run/messages';
import { NAME_PATTERN, NAME_RULE, queues, RUN_WORKFLOW } from '../../contract/names';
import type { RunInput, RunListItem, RunResult, RunState, RunView } from '../../contract/run';
import type { Script } from '../../contract/run/script';
import type { RunTurns } from '../../contract/run/turn-record';
import type { Unknown } from '../../contract/agent';
import { isoNow, monotonicMs } from '../../lib/clock';
import { checkJson, checkTask } from '../../rules/coordination/fan-out/limits';
import { closedRunView } from '../../rules/run/view';
import { pollUntil } from '../temporal/backoff';
import type { Calls } from '../temporal/calls';
import type { RequestOptions } from '../temporal/call-options';
import type { CallOptions } from '../temporal/call-options';
import type { Fleets } from '../fleets/fleets';
import { runPlanOf } from './run-plan';
import { startRun, starterOf } from './run-start';
import { type RunRef, runSubject } from '../temporal/subject';
import { runItem, stateConditions } from './run-items';
import { readRunTurns } from './turn-records';
import { followedWaits, standingOf } from './waits';
import { anyOf, equals, listWorkflows, type Page, type PageOptions } from '../temporal/visibility';

/**
 * Random bytes of a generated run name: two of a billion runs collide with a chance of 1 in a
 * million.
 */
const NAME_BYTES = 10;
/** Hexadecimal digits of a name that is made from a request id. */
const NAMED_LENGTH = 32;

/**
 * The run to start. `run` is its name; unless given, it is made from the request id, else random. The
 * same name with the same task is the same run. A `requestId` belongs to one run: with another name
 * it is refused.
 */
export interface RunRequest extends Origin {
  readonly fleet: string;
  readonly run?: string;
  readonly task: unknown;
  /** The script replies to the turns in place of the fleet's agents. */
  readonly script?: Script;
  /** Adds every turn's input and reply to the result. */
  readonly trace?: boolean;
  readonly requestId?: string;
}

/** Which runs to list: all that the server still keeps, unless narrowed. */
export interface RunFilter {
  readonly fleet?: string;
  /** Any of these fleets; together with `fleet`, both conditions apply. */
  readonly fleets?: readonly string[];
  readonly state?: RunState | Unknown;
}

/** `onProgress` receives every new state of the run; without `timeoutMs` the wait has no limit. */
export interface FollowRunOptions extends CallOptions {
  readonly onProgress?: (run: RunView) => void;
  /** Ends the following, not the run, with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

/** All operations on runs. */
export class Runs {
  readonly #calls: Calls;
  readonly #fleets: Fleets;
  readonly #queuePrefix: string;

  constructor(calls: Calls, fleets: Fleets, queuePrefix: string) {
    this.#calls = calls;
    this.#fleets = fleets;
    this.#queuePrefix = queuePrefix;
  }

  /**
   * Starts a run over the fleet's current topology. `LimitReached` if the task is too large,
   * `IdempotencyConflict` if its name belongs to another task.
   */
  async start(request: RunRequest, options: CallOptions = {}): Promise<RunRef> {
    const { fleet, requestId, run = runName(requestId), task, script, trace, by, from } = request;
    checkName(run);
    checkTask(task);
    checkJson('script', script);
    const view = await this.#fleets.present(fleet, options);
    if (requestId !== undefined) await this.#fleets.nameRun(fleet, { run, requestId }, options);
    const more = {
      ...(script && { script }),
      ...(trace && { trace }),
      ...(by !== undefined && { by }),
      ...(from !== undefined && { from }),
      ...(requestId !== undefined && { requestId }),
    };
    const input: RunInput = { v: 1, fleet, run, task, ...runPlanOf(view), ...more };
    await startRun(this.#calls, queues.main(this.#queuePrefix), input, options);
    return { fleet, run };
  }

  /**
   * A run as its own workflow sees it, with what its open branches wait for and their barriers; works for ended runs
   * too.
   */
  async describe(ref: RunRef, options: CallOptions = {}): Promise<RunView> {
    const [present, client] = await Promise.all([this.present(ref, options), starterOf(this.#calls, ref, options)]);
    const view = { ...present, startedBy: present.startedBy ?? client };
    return view.result === null ? { ...view, ...(await standingOf(this.#calls, view)) } : view;
  }

  /** The same by a single call, without the waits. */
  async present(ref: RunRef, options: CallOptions = {}): Promise<RunView> {
    const { view, end } = await this.#calls.queryWithEnd(runSubject(ref), describeRun, options);
    return end === null ? view : closedRunView(view, end, isoNow());
  }

  /**
   * The turns of a run that are over, from the workers that took them, oldest first: a host keeps the
   * last 1,000. `agentSecret` is that of the installation (`DROVER_AGENT_SECRET`).
   */
  async turns(ref: RunRef, agentSecret: string, options: CallOptions = {}): Promise<RunTurns> {
    await this.present(ref, options);
    const agents = await this.#fleets
      .present(ref.fleet, options)
      .then(({ agents: all }) => Object.keys(all), goneFleet);
    return readRunTurns(this.#calls, { queuePrefix: this.#queuePrefix, agents, agentSecret }, ref);
  }

  /** One page of runs from visibility: eventually consistent, newest first. */
  async list({ fleet, fleets, state }: RunFilter = {}, options: PageOptions = {}): Promise<Page<RunListItem>> {
    const conditions = [
      equals('WorkflowType', RUN_WORKFLOW),
      ...(fleet === undefined ? [] : [equals('DroverFleet', fleet)]),
      ...(fleets === undefined ? [] : [anyOf('DroverFleet', fleets)]),
      ...(state === undefined ? [] : stateConditions(state)),
    ];
    const { items, nextPageToken } = await listWorkflows(this.#calls, conditions, runItem, options);
    // Visibility still has the last report of a run that does not answer.
    return { items: items.filter((item) => (state ?? item.state) === item.state), nextPageToken };
  }

  /**
   * Waits for the run's end. A task without an answer is a result with `success: false`. Without
   * `timeoutMs` the wait has no limit.
   */
  async result(ref: RunRef, options: FollowRunOptions = {}): Promise<RunResult> {
    const { result, state } = await this.follow(ref, options);
    if (result) return result;
    throw new DroverError('Internal', `run ${ref.fleet}/${ref.run} is ${state} without a result`, { ...ref });
  }

  /**
   * Waits for the run's end and reports its progress. `Timeout` after `timeoutMs`; the run goes on.
   */
  async follow(ref: RunRef, { onProgress, timeoutMs = Infinity, signal }: FollowRunOptions = {}): Promise<RunView> {
    let last = '';
    const waits = followedWaits(this.#calls);
    const look = async () => {
      const present = await this.present(ref);
      const view = present.result === null ? { ...present, ...(await waits(present)) } : present;
      const shown = JSON.stringify(view);
      if (shown !== last) onProgress?.(view);
      last = shown;
      return view;
    };
    // A cancelled run has its state at once, and its result later.
    const ended = await pollUntil(look, ({ result }) => result !== null, {
      deadline: monotonicMs() + timeoutMs,
      maxPauseMs: 250,
      signal,
    });
    if (ended) return ended;
    throw new DroverError('Timeout', `run ${ref.fleet}/${ref.run} still runs; it goes on`, { ...ref });
  }

  /** Pauses a run at the next turn boundaries; its clock stops too. */
  pause(ref: RunRef, options: RequestOptions = {}): Promise<RunView> {
    return this.#command(ref, runUpdates.pause, {}, options);
  }

  /** Resumes a paused run. */
  resume(ref: RunRef, options: RequestOptions = {}): Promise<RunView> {
    return this.#command(ref, runUpdates.resume, {}, options);
  }

  /** Ends a run at the next turn boundaries; queued turns are withdrawn. */
  cancel(ref: RunRef, reason?: string, options: RequestOptions = {}): Promise<RunView> {
    return this.#command(ref, runUpdates.cancel, reason === undefined ? {} : { reason }, options);
  }

  /**
   * Answers the run's open question. With `question` it answers only that question and refuses
   * another.
   */
  async answer(ref: RunRef, value: unknown, question?: unknown, options: RequestOptions = {}): Promise<RunView> {
    checkJson('value', value);
    checkJson('question', question);
    const given: { value: unknown; question?: unknown } = question === undefined ? { value } : { value, question };
    return this.#command(ref, runUpdates.answer, given, options);
  }

  /** Answers one waiting item; see `Inbox.answer`. */
  async answerItem(ref: RunRef, answer: ItemAnswer, options: RequestOptions = {}): Promise<RunView> {
    checkJson('value', answer.value);
    return this.#command(ref, runUpdates.answerItem, answer, options);
  }

  /** Moves the deadline of one waiting item; see `Inbox.extend`. */
  extendItem(ref: RunRef, extension: ItemExtension, options: RequestOptions = {}): Promise<RunView> {
    return this.#command(ref, runUpdates.extendItem, extension, options);
  }

  /** Sends a command. An ended run has a closed workflow, so its last `describe` answers. */
  async #command<A extends object>(
    ref: RunRef,
    update: UpdateDefinition<RunView, [A & { requestId?: string } & Origin]>,
    argument: NoInfer<A>,
    { requestId, by, from, timeoutMs }: RequestOptions,
  ): Promise<RunView> {
    const request = {
      ...argument,
      ...(requestId !== undefined && { requestId }),
      ...(by !== undefined && { by }),
      ...(from !== undefined && { from }),
    };
    const options = { ...(timeoutMs !== undefined && { timeoutMs }), updateId: requestId };
    try {
      return await this.#calls.update(runSubject(ref), update, request, options);
    } catch (error) {
      if (!(error instanceof DroverError && error.code === 'RunNotFound')) throw error;
      const { state } = await this.present(ref);
      const message = `run ${ref.fleet}/${ref.run} is over (${state})`;
      throw new DroverError('RuntimeStateError', message, { current: { state } }, { cause: error });
    }
  }
}

/** A run named after its request id: the same id again is the same run. */
function runName(requestId: string | undefined): string {
  if (requestId === undefined) return `run-${randomBytes(NAME_BYTES).toString('hex')}`;
  if (NAME_PATTERN.test(requestId)) return requestId;
  return `run-${createHash('sha256').update(requestId).digest('hex').slice(0, NAMED_LENGTH)}`;
}

function checkName(run: string): void {
  if (NAME_PATTERN.test(run)) return;
  throw new DroverError('InvalidRequest', `invalid run name "${run}": use ${NAME_RULE}`);
}

/** A run outlives its fleet. */
function goneFleet(error: unknown): string[] {
  if (error instanceof DroverError && error.code === 'FleetNotFound') return [];
  throw error;
}
