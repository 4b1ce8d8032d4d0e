/** Workflow `provision`: the saga of one change of a fleet, which completes or compensates. */
import { allHandlersFinished, CancellationScope, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { AgentReport } from '../../contract/agent';
import type { CancelOrder, ChangeView, ProvisionInput, ProvisionResult } from '../../contract/fleet';
import { agentReported, describeChange, provisionSignals, provisionUpdates } from '../../contract/fleet/messages';
import { provisionWorkflowId } from '../../contract/names';
import { changeCard } from '../../rules/change/card';
import { PROVISION_INPUT } from '../../rules/change/migrate';
import { provisionInput } from '../../rules/change/carried';
import { stepsBetween } from '../../rules/change/log';
import { partsOf, PHASES } from '../../rules/change/parts';
import { parseAgentReport, parseCancelOrder, parseHoldsChanged } from '../../rules/change/messages';
import {
  beginChange,
  DEFAULT_MAX_CONCURRENT,
  DEFAULT_TIMEOUT,
  endChange,
  mustCompensate,
  stopChange,
} from '../../rules/change/run';
import { changeResult, changeView } from '../../rules/change/view';
import { durationMs } from '../../rules/lib/duration';
import { cancelText } from '../../rules/fleet/cancel';
import { addIgnored, ignoredLines, NOTHING_IGNORED, troubleLines, troublesOf } from '../../rules/lib/troubles';
import { changeAgent } from './agent';
import { runParts, undoParts } from './parts';
import { isEndedBefore } from './reset';
import { inParallel, type Saga } from './saga';
import { isoNow } from '../shared/iso-now';
import { createLog } from '../shared/log';
import { beginCompensation, endAttempt, inspectPrevious, undoAll } from './undo';
import { translating } from '../shared/failures';
import { migrated } from '../shared/migrated';
import { type Ignore, receive } from '../shared/messages/receive';
import { requireOwnId } from '../shared/own-id';
import { ensureKeywords } from '../shared/search-attributes';
import { createSupervisor } from '../shared/supervise';
import { ignoreUnknownMessages } from '../shared/messages/unknown-messages';
import { until, untilOr } from '../shared/until';

/** Runs one change. Its end is the result; the workflow fails only for an invalid input. */
export async function provision(argument: unknown): Promise<ProvisionResult> {
  const current = migrated(PROVISION_INPUT, argument);
  const input = translating(() => provisionInput(current, 'input'));
  const id = provisionWorkflowId(input.fleet, input.revision);
  requireOwnId(id, (own) => own.startsWith(`${id}/`));
  let ignored = NOTHING_IGNORED;
  const show = (): void => {
    const lines = [changeCard(viewOf(saga)), ...troubleLines(supervisor.troubles()), ...ignoredLines(ignored)];
    setCurrentDetails(lines.join('\n'));
  };
  const ignore: Ignore = (what, why) => {
    ignored = addIgnored(ignored, what, why, isoNow());
    show();
  };
  const supervisor = createSupervisor(show);
  let run = beginChange(input, isoNow());
  const log = createLog();
  // The agents of a change in parts are in the logs of its parts.
  const isInParts = partsOf(input, input.agentsPerPart).length > 1;
  const saga: Saga = {
    input,
    supervisor,
    get run() {
      return run;
    },
    set run(next) {
      if (!isInParts) log.record(...stepsBetween(run, next));
      run = next;
    },
    reports: {},
    refused: {},
    holds: input.holds,
    tellPart: null,
  };
  // A cancelled change stops like a failed one. Its steps are not cancelled, so none stays half done.
  CancellationScope.current().cancelRequested.catch(() => {
    supervisor.attempt('stop after a cancellation', () => cancel(saga));
  });
  return CancellationScope.nonCancellable(async () => {
    handleMessages(saga, ignore);
    ensureKeywords({ DroverFleet: input.fleet });
    await carryOut(saga);
    saga.run = endChange(saga.run);
    show();
    await until(allHandlersFinished);
    return changeResult(saga.run);
  });
}

async function carryOut(saga: Saga): Promise<void> {
  const parts = partsOf(saga.input, saga.input.agentsPerPart);
  if (parts.length > 1) await inParts(saga, parts);
  else await inOne(saga, saga.input.provisioning.maxConcurrent ?? DEFAULT_MAX_CONCURRENT);
}

async function inOne(saga: Saga, limit: number): Promise<void> {
  if (saga.input.undo) {
    stopForUndo(saga);
    if (await isEndedBefore(saga)) return;
    await undoAll(saga, limit);
    await inspectPrevious(saga, limit);
    return;
  }
  await withinTimeout(saga, () => runPhases(saga, limit));
  if (!mustCompensate(saga.run) || (await isEndedBefore(saga))) return;
  beginCompensation(saga);
  await undoAll(saga, limit);
}

async function inParts(saga: Saga, parts: readonly ProvisionInput[]): Promise<void> {
  if (saga.input.undo) {
    stopForUndo(saga);
    if (await isEndedBefore(saga)) return;
    await undoParts(
      saga,
      parts.map((part) => ({ part, lost: true })),
    );
    endAttempt(saga);
    return;
  }
  const ran = await withinTimeout(saga, () => runParts(saga, parts));
  if (!mustCompensate(saga.run) || (await isEndedBefore(saga))) return;
  beginCompensation(saga);
  await undoParts(saga, ran);
  endAttempt(saga);
}

function stopForUndo(saga: Saga): void {
  saga.run = stopChange(saga.run, { why: 'failed', message: saga.input.undo?.reason ?? 'undone' });
}

async function runPhases(saga: Saga, limit: number): Promise<void> {
  for (const phase of PHASES) {
    if (saga.run.stop) return;
    const changes = saga.input.changes.filter(({ kind }) => kind === phase);
    // Removals are independent: one agent that cannot be removed does not stop the others.
    const isOver = () => saga.run.stop !== null && !(phase === 'delete' && saga.run.stop.why === 'failed');
    await inParallel(changes, limit, isOver, (change) => changeAgent(saga, change));
  }
}

/** Runs the work under the change's timeout: a timer of the workflow, which stops the change like a failure. */
async function withinTimeout<T>(saga: Saga, work: () => Promise<T>): Promise<T> {
  const timeout = saga.input.provisioning.timeout ?? DEFAULT_TIMEOUT;
  let isThrough = false;
  const deadline = saga.supervisor.persist('enforce the timeout of the change', async () => {
    if (await untilOr(() => isThrough, durationMs(timeout) ?? 0, 'timeout of the change')) return;
    const late = Object.values(saga.run.progress).flatMap(({ agent, step }) =>
      IN_FLIGHT.includes(step) ? [agent] : [],
    );
    const names = late.length === 0 ? '' : `; not finished: ${late.join(', ')}`;
    saga.run = stopChange(saga.run, { why: 'timed_out', message: `timed out after ${timeout}${names}` });
  });
  const result = await work();
  isThrough = true;
  await deadline;
  return result;
}

const IN_FLIGHT: readonly string[] = ['creating', 'waking', 'updating', 'deleting'];

function cancel(saga: Saga, order: CancelOrder = {}): ChangeView {
  saga.run = stopChange(saga.run, { why: 'cancelled', message: cancelText(order) });
  return changeView(saga.run);
}

function handleMessages(saga: Saga, ignore: Ignore): void {
  setHandler(describeChange, () => viewOf(saga), { description: 'Returns the progress of the change' });
  const order = (value: unknown): CancelOrder => translating(() => parseCancelOrder(value, 'cancel'));
  setHandler(provisionUpdates.cancel, (value: unknown) => translating(() => cancel(saga, order(value))), {
    validator: (value: unknown) => {
      order(value);
    },
    description: 'Stops and undoes the change',
  });
  receive(
    agentReported,
    parseAgentReport,
    (report) => {
      recordReport(saga, report);
    },
    ignore,
  );
  receive(
    provisionSignals.cancelRequested,
    parseCancelOrder,
    (asked) => {
      cancel(saga, asked);
    },
    ignore,
  );
  // The handler waits until the part has received the holds, so that the workflow does not end with a signal in flight.
  receive(
    provisionSignals.holdsChanged,
    parseHoldsChanged,
    async ({ holds }) => {
      saga.holds = holds;
      await saga.tellPart?.(holds);
    },
    ignore,
  );
  ignoreUnknownMessages(ignore);
}

function viewOf({ run, supervisor }: Saga): ChangeView {
  return { ...changeView(run), ...troublesOf(supervisor.troubles()) };
}

/** Stores a report, unless it is from another incarnation or revision. */
function recordReport({ input, reports }: Saga, report: AgentReport): void {
  if (report.incarnation === input.incarnation && report.revision === input.revision) reports[report.agent] = report;
}
