/** Agents: queries, commands and beats. */
import { isTerminated } from '../../rules/agent/lifecycle';
import { randomUUID } from 'node:crypto';
import type { UpdateDefinition } from '@temporalio/common';
import type {
  AgentCommand,
  AgentCommandOptions,
  AgentListItem,
  AgentStatus,
  AgentView,
  CommandResult,
  ForwardedHeartbeat,
  Liveness,
  Unknown,
} from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import { selector } from '../../contract/agent/labels';
import type { WorkflowEnd } from '../../contract/ends';
import { agentSignals, agentUpdates, describeAgent } from '../../contract/agent/messages';
import { AGENT_WORKFLOW } from '../../contract/names';
import type { AgentSilent } from '../../contract/lease';
import type { FailureReport } from '../../contract/agent/subscription';
import { monotonicMs } from '../../lib/clock';
import { mergeFailures } from '../../rules/agent/subscription/alike';
import { closedAgentView } from '../../rules/agent/view';
import { answerForTerminated, followCommand, type LastWord } from './agent-commands';
import { agentItem, livenessConditions, type RunningAgent, runningAgent, statusConditions } from './agent-items';
import { pollUntil } from '../temporal/backoff';
import { Bursts } from '../temporal/bursts';
import { type Calls, COMMAND_TIMEOUT_MS } from '../temporal/calls';
import { type CallOptions } from '../temporal/call-options';
import { endOf } from '../temporal/ends';
import { type AgentRef, agentSubject } from '../temporal/subject';
import { inParallel } from '../../lib/in-parallel';
import { anyOf, equals, listWorkflows, type Page, type PageOptions } from '../temporal/visibility';

/** Which agents to list: all that are not terminated, unless narrowed. */
export interface AgentFilter {
  readonly fleet?: string;
  /** Any of these fleets; together with `fleet`, both conditions apply. */
  readonly fleets?: readonly string[];
  readonly status?: AgentStatus | Unknown;
  readonly liveness?: Liveness | Unknown;
  /** Those whose labels match, such as `team=red,tier!=test`: chosen from each page, which then has fewer items. */
  readonly label?: string;
}

/**
 * `wait`: answer when the command has taken effect, within `timeoutMs`; else after 5 s at most,
 * with the state by then.
 */
export interface CommandCallOptions extends CallOptions {
  readonly wait?: boolean;
}

/** The update behind each command. */
const COMMANDS: { readonly [C in AgentCommand]: UpdateDefinition<CommandResult, [AgentCommandOptions[C]]> } =
  agentUpdates;

/** The result of one or more reports, and the report that stands for all. */
interface Reported {
  readonly first: FailureReport;
  readonly result: CommandResult;
}

/** One of many agents that were asked: its view, or the error. */
export type AskedAgent = { readonly ref: AgentRef } & (
  { readonly view: AgentView; readonly error: null } | { readonly view: null; readonly error: DroverError }
);

/**
 * Agents asked at a time: enough to hide the network delay, few enough to leave the workers time
 * for other callers.
 */
const AT_ONCE = 20;
/** The time for all of them: a person waits for the answer. */
const DESCRIBE_ALL_MS = 10_000;

/** All operations on agents. */
export class Agents {
  readonly #calls: Calls;
  readonly #reports = new Bursts<FailureReport, Reported>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** An agent as its own workflow sees it; works for terminated agents too. */
  async describe(ref: AgentRef, options: CallOptions = {}): Promise<AgentView> {
    const { view, end } = await this.#calls.queryWithEnd(agentSubject(ref), describeAgent, options);
    return end === null ? view : closedAgentView(view, end);
  }

  /**
   * How the agent's workflow ended; null while it is open. Asks Temporal only, so it works for an
   * agent that cannot answer.
   */
  end(ref: AgentRef, options: CallOptions = {}): Promise<WorkflowEnd | null> {
    return endOf(this.#calls, agentSubject(ref), options);
  }

  /** The last view of an agent, and whether it was ended from outside. */
  async #last(ref: AgentRef): Promise<LastWord> {
    const { view, end } = await this.#calls.queryWithEnd(agentSubject(ref), describeAgent);
    return {
      agent: end === null ? view : closedAgentView(view, end),
      isLost: end !== null && !isTerminated(view),
    };
  }

  /**
   * Describes many agents, a few at a time, all within `timeoutMs` (10 s unless given). Never
   * rejects: each answer is a view or an error. In the order of `refs`.
   */
  describeAll(refs: readonly AgentRef[], { timeoutMs = DESCRIBE_ALL_MS }: CallOptions = {}): Promise<AskedAgent[]> {
    const deadline = monotonicMs() + timeoutMs;
    return inParallel(refs, AT_ONCE, async (ref) => {
      try {
        return {
          ref,
          view: await this.describe(ref, { timeoutMs: Math.max(0, deadline - monotonicMs()) }),
          error: null,
        };
      } catch (error) {
        if (error instanceof DroverError) return { ref, view: null, error };
        throw error;
      }
    });
  }

  /** One page of agents from visibility: eventually consistent, newest first. */
  async list(
    { fleet, fleets, status, liveness, label }: AgentFilter = {},
    options: PageOptions = {},
  ): Promise<Page<AgentListItem>> {
    const isChosen = label === undefined ? () => true : selector(label);
    const conditions = [
      equals('WorkflowType', AGENT_WORKFLOW),
      ...(fleet === undefined ? [] : [equals('DroverFleet', fleet)]),
      ...(fleets === undefined ? [] : [anyOf('DroverFleet', fleets)]),
      ...statusConditions(status),
      ...(liveness === undefined ? [] : livenessConditions(liveness)),
    ];
    const { items, nextPageToken } = await listWorkflows(this.#calls, conditions, agentItem, options);
    // Visibility still has the last report of an agent that does not answer.
    const isAsked = (item: AgentListItem) =>
      isChosen(item.labels ?? {}) &&
      (status ?? item.status) === item.status &&
      (liveness ?? item.liveness) === item.liveness;
    return { items: items.filter(isAsked), nextPageToken };
  }

  /** One page of the agents whose workflows are open, from visibility alone. */
  running(options: PageOptions = {}): Promise<Page<RunningAgent>> {
    const conditions = [equals('WorkflowType', AGENT_WORKFLOW), equals('ExecutionStatus', 'Running')];
    return listWorkflows(this.#calls, conditions, runningAgent, options);
  }

  /**
   * Sends a command to an agent. `requestId` makes it safe to repeat: the same id returns the first
   * answer. Refusals are `AgentStatusError`, `RuntimeStateError` or `ResumeStateError` with
   * `details` `{current, allowed}`.
   */
  async command<C extends AgentCommand>(
    ref: AgentRef,
    command: C,
    given: AgentCommandOptions[C],
    options: CommandCallOptions = {},
  ): Promise<CommandResult> {
    const subject = agentSubject(ref);
    const requestId = given.requestId ?? randomUUID();
    const request = { ...given, requestId };
    const startedAt = monotonicMs();
    let result: CommandResult;
    try {
      const timeoutMs = Math.min(options.timeoutMs ?? Infinity, COMMAND_TIMEOUT_MS);
      result = await this.#calls.update(subject, COMMANDS[command], request, { timeoutMs, updateId: requestId });
    } catch (error) {
      return await answerForTerminated(error, command, request, () => this.#last(ref));
    }
    if (!options.wait || result.state === 'done') return result;
    return followCommand(command, result, () => this.describe(ref), startedAt + (options.timeoutMs ?? Infinity));
  }

  /**
   * Reports that work with a credential failed, in the agent or in a service. `changed` says
   * whether the report starts a switch. The same `requestId` again changes nothing. Equal reports
   * of a burst without a `requestId` are sent together; the first gets `changed`.
   */
  async reportFailure(ref: AgentRef, report: FailureReport, options: CallOptions = {}): Promise<CommandResult> {
    const deadline = monotonicMs() + (options.timeoutMs ?? COMMAND_TIMEOUT_MS);
    const own = { ...report };
    const send = async ([first = own, ...others]: readonly FailureReport[]): Promise<Reported> => {
      const requestId = first.requestId ?? randomUUID();
      const update = { timeoutMs: Math.max(0, deadline - monotonicMs()), updateId: requestId };
      const argument = { ...mergeFailures(first, others), requestId };
      return {
        first,
        result: await this.#calls.update(agentSubject(ref), agentUpdates.reportFailure, argument, update),
      };
    };
    // A report with an id, or of a kind that is always a decision of its own, is sent alone.
    const { requestId, turnId, kind, subscription, assignment } = own;
    const goesAlone = requestId !== undefined || turnId !== undefined || kind === 'other';
    // The timeout is part of the key, so that no report waits longer than it would alone.
    const key = JSON.stringify([ref.fleet, ref.agent, subscription, assignment, kind, options.timeoutMs]);
    const { first, result } = await (goesAlone ? send([own]) : this.#reports.run(key, own, send));
    return first === own ? result : { ...result, changed: false };
  }

  /**
   * Queries the agent until `isSo` holds. The error names the condition by `goal`. `Timeout` after
   * `timeoutMs`.
   */
  async waitFor(
    ref: AgentRef,
    isSo: (agent: AgentView) => boolean,
    { timeoutMs, goal }: { readonly timeoutMs: number; readonly goal: string },
  ): Promise<AgentView> {
    const found = await pollUntil(() => this.describe(ref), isSo, { deadline: monotonicMs() + timeoutMs });
    if (found) return found;
    const { status, runtime, liveness } = await this.describe(ref);
    throw new DroverError(
      'Timeout',
      `${ref.fleet}/${ref.agent} did not reach ${goal}: it is ${status}, ${runtime}, ${liveness}`,
    );
  }

  /** Tells an agent's workflow that it no longer beats at a gateway. */
  silent(ref: AgentRef, silent: AgentSilent, options: CallOptions = {}): Promise<void> {
    return this.#calls.signal(agentSubject(ref), agentSignals.silent, silent, options);
  }

  /** Sends one beat, as the gateway does; services may send beats themselves. */
  heartbeat(ref: AgentRef, beat: ForwardedHeartbeat, options: CallOptions = {}): Promise<void> {
    return this.#calls.signal(agentSubject(ref), agentSignals.heartbeat, beat, options);
  }
}
