/**
 * Counts what an operation costs at the server: history events and state transitions of all workflows together. A state transition is one
 * write of the server to its database, so the sums do not depend on the machine.
 */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/worker';
import type { TestEnv } from '../support/env';
import { eventually } from '../workflows/agent/harness';

/** A cost at the server. */
export interface Cost {
  readonly events: number;
  readonly transitions: number;
}

interface Total extends Cost {
  readonly isQuiet: boolean;
}

type Event = NonNullable<History['events']>[number];

/** Events that begin work of the server or a worker, each with the events that end it. */
const OPEN: readonly ((event: Event) => number)[] = [
  (event) =>
    Number(Boolean(event.workflowTaskScheduledEventAttributes)) -
    Number(
      Boolean(
        event.workflowTaskCompletedEventAttributes ??
        event.workflowTaskFailedEventAttributes ??
        event.workflowTaskTimedOutEventAttributes,
      ),
    ),
  (event) =>
    Number(Boolean(event.activityTaskScheduledEventAttributes)) -
    Number(
      Boolean(
        event.activityTaskCompletedEventAttributes ??
        event.activityTaskFailedEventAttributes ??
        event.activityTaskTimedOutEventAttributes ??
        event.activityTaskCanceledEventAttributes,
      ),
    ),
  (event) =>
    Number(Boolean(event.signalExternalWorkflowExecutionInitiatedEventAttributes)) -
    Number(
      Boolean(
        event.externalWorkflowExecutionSignaledEventAttributes ??
        event.signalExternalWorkflowExecutionFailedEventAttributes,
      ),
    ),
  (event) =>
    Number(Boolean(event.startChildWorkflowExecutionInitiatedEventAttributes)) -
    Number(
      Boolean(
        event.childWorkflowExecutionStartedEventAttributes ?? event.startChildWorkflowExecutionFailedEventAttributes,
      ),
    ),
];

/** One run of a workflow, as it was at the last look. */
interface Seen extends Cost {
  readonly isQuiet: boolean;
  /** Ids of children and of workflows that it has signalled. */
  readonly names: readonly string[];
}

/** Counts for one test file: a look reads only the histories that have grown. */
export class Counter {
  readonly #env: TestEnv;
  readonly #seen = new Map<string, Seen>();

  constructor(env: TestEnv) {
    this.#env = env;
  }

  /** Runs an operation and returns what it has cost, once nothing is left to do. */
  async costOf(act: () => Promise<unknown>): Promise<Cost> {
    const before = await this.settled();
    await act();
    const after = await this.settled();
    return { events: after.events - before.events, transitions: after.transitions - before.transitions };
  }

  /** Waits until no workflow has work left, and two looks agree. */
  async settled(): Promise<Cost> {
    let last: Total | null = null;
    return eventually(
      () => this.#total(),
      (now) => {
        const agrees = last?.events === now.events && last.transitions === now.transitions;
        last = now;
        return now.isQuiet && agrees;
      },
    );
  }

  async #total(): Promise<Total> {
    const { client, started } = this.#env;
    const known = new Set<string>();
    const found: Seen[] = [];
    let waiting = await started.workflowIds(client, true);
    while (waiting.length > 0) {
      for (const id of waiting) known.add(id);
      const looks = await Promise.all(waiting.map((id) => this.#look(id)));
      found.push(...looks.filter((look) => look !== null));
      waiting = [...new Set(found.flatMap(({ names }) => names))].filter((id) => !known.has(id));
    }
    return {
      events: found.reduce((sum, { events }) => sum + events, 0),
      transitions: found.reduce((sum, { transitions }) => sum + transitions, 0),
      isQuiet: found.every(({ isQuiet }) => isQuiet),
    };
  }

  /** Null for a workflow that does not exist. */
  async #look(workflowId: string): Promise<Seen | null> {
    const handle = this.#env.client.workflow.getHandle(workflowId);
    try {
      const { runId, historyLength, raw } = await handle.describe();
      const transitions = Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0);
      const last = this.#seen.get(runId);
      if (last?.events === historyLength && last.transitions === transitions) return last;
      const { events = [] } = await handle.fetchHistory();
      const names = (events ?? []).flatMap((event) => {
        const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
        const target = event.signalExternalWorkflowExecutionInitiatedEventAttributes?.workflowExecution;
        return [child?.workflowId, target?.workflowId].filter((id) => typeof id === 'string');
      });
      const seen = { events: (events ?? []).length, transitions, isQuiet: isQuiet(events ?? []), names };
      this.#seen.set(runId, seen);
      return seen;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }
}

/** The least of each figure: what the operation costs if no second message came in between. */
export function least(costs: readonly Cost[]): Cost {
  return {
    events: Math.min(...costs.map(({ events }) => events)),
    transitions: Math.min(...costs.map(({ transitions }) => transitions)),
  };
}

function isQuiet(events: readonly Event[]): boolean {
  const last = events.at(-1);
  const isOver =
    last?.workflowExecutionCompletedEventAttributes ??
    last?.workflowExecutionFailedEventAttributes ??
    last?.workflowExecutionTerminatedEventAttributes ??
    last?.workflowExecutionCanceledEventAttributes ??
    last?.workflowExecutionContinuedAsNewEventAttributes;
  if (isOver) return true;
  return OPEN.every((open) => events.reduce((sum, event) => sum + open(event), 0) === 0);
}
