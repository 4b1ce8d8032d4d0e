/** The provision saga: one change of a fleet, to its end or back. */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ChangeView, ProvisionInput, ProvisionResult } from '../contract/fleet';
import { agentReported, describeChange, provisionSignals, provisionUpdates } from '../contract/messages';
import { changeCard } from '../rules/change-card';
import { partsOf, PHASES } from '../rules/change-parts';
import { parseAgentReport, parseHoldsChanged, parseProvisionInput } from '../rules/change-messages';
import { beginChange, changeResult, changeView, endChange, mustCompensate, stopped } from '../rules/change-run';
import { durationMs } from '../rules/duration';
import { changeAgent } from './provision-agent';
import { runParts, undoParts } from './provision-parts';
import { inParallel, isoNow, type Saga } from './provision-saga';
import { beginCompensation, endAttempt, lookAfter, undoAll } from './provision-undo';
import { translating } from './shared/failures';
import { ignoreUnknownMessages } from './shared/unknown-messages';

/** interfaces.md, "The fleet file". */
const DEFAULT_MAX_CONCURRENT = 16;
const DEFAULT_TIMEOUT = '2h';

/** Runs one change. How it ended is its result; it fails only when it is given no change. */
export async function provision(argument: unknown): Promise<ProvisionResult> {
  const input = translating(() => parseProvisionInput(argument));
  const saga: Saga = {
    input,
    run: beginChange(input, isoNow()),
    reports: {},
    refused: {},
    holds: input.holds,
    tellPart: null,
  };
  // A cancelled change stops like a failed one: nothing inside is cancelled, so nothing is left half done.
  CancellationScope.current().cancelRequested.catch(() => cancel(saga));
  return CancellationScope.nonCancellable(async () => {
    handleMessages(saga);
    upsertSearchAttributes({ DroverFleet: [input.fleet] });
    await carryOut(saga);
    saga.run = endChange(saga.run);
    setCurrentDetails(changeCard(changeView(saga.run)));
    await condition(allHandlersFinished);
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
    askedToUndo(saga);
    await undoAll(saga, limit);
    await lookAfter(saga, limit);
    return;
  }
  await withinTimeout(saga, () => runPhases(saga, limit));
  if (!mustCompensate(saga.run)) return;
  beginCompensation(saga);
  await undoAll(saga, limit);
}

async function inParts(saga: Saga, parts: readonly ProvisionInput[]): Promise<void> {
  if (saga.input.undo) {
    askedToUndo(saga);
    await undoParts(
      saga,
      parts.map((part) => ({ part, lost: true })),
    );
    endAttempt(saga);
    return;
  }
  const ran = await withinTimeout(saga, () => runParts(saga, parts));
  if (!mustCompensate(saga.run)) return;
  beginCompensation(saga);
  await undoParts(saga, ran);
  endAttempt(saga);
}

function askedToUndo(saga: Saga): void {
  saga.run = stopped(saga.run, { why: 'failed', message: saga.input.undo?.reason ?? 'undone' });
}

async function runPhases(saga: Saga, limit: number): Promise<void> {
  for (const phase of PHASES) {
    if (saga.run.stop) return;
    const changes = saga.input.changes.filter(({ kind }) => kind === phase);
    // Agents that go do not wait for each other: one that cannot be removed does not keep the others.
    const isOver = () => saga.run.stop !== null && !(phase === 'delete' && saga.run.stop.why === 'failed');
    await inParallel(changes, limit, isOver, (change) => changeAgent(saga, change));
  }
}

/** The deadline is a timer of the workflow's own: it stops the change like a failure does. */
async function withinTimeout<T>(saga: Saga, work: () => Promise<T>): Promise<T> {
  const timeout = saga.input.provisioning.timeout ?? DEFAULT_TIMEOUT;
  let isThrough = false;
  const deadline = condition(() => isThrough, durationMs(timeout) ?? 0, { summary: 'timeout of the change' }).then(
    (met) => {
      if (met) return;
      const late = Object.values(saga.run.progress).flatMap(({ agent, step }) =>
        IN_FLIGHT.includes(step) ? [agent] : [],
      );
      const names = late.length === 0 ? '' : `; not finished: ${late.join(', ')}`;
      saga.run = stopped(saga.run, { why: 'timed out', message: `timed out after ${timeout}${names}` });
    },
  );
  const result = await work();
  isThrough = true;
  await deadline;
  return result;
}

const IN_FLIGHT: readonly string[] = ['creating', 'waking', 'updating', 'deleting'];

function cancel(saga: Saga): ChangeView {
  saga.run = stopped(saga.run, { why: 'cancelled', message: 'cancelled' });
  return changeView(saga.run);
}

function handleMessages(saga: Saga): void {
  setHandler(describeChange, () => changeView(saga.run), { description: 'How far the change has come' });
  setHandler(provisionUpdates.cancel, () => cancel(saga), { description: 'Stops the change and takes it back' });
  setHandler(agentReported, (value: unknown) => hear(saga, value), { description: 'An agent is ready, or has failed' });
  setHandler(provisionSignals.holdsChanged, (value: unknown) => hearHolds(saga, value), {
    description: "The fleet's holds are others now",
  });
  // A saga ends within its change; what it cannot read is in its history.
  ignoreUnknownMessages(() => undefined);
}

/** The handler lasts until the part has heard: nothing ends with a signal on its way. */
async function hearHolds(saga: Saga, value: unknown): Promise<void> {
  try {
    saga.holds = parseHoldsChanged(value, 'holdsChanged').holds;
  } catch {
    // Not a list of holds: nothing to hear. It stays readable in the history.
    return;
  }
  await saga.tellPart?.(saga.holds);
}

function hear({ input, reports }: Saga, value: unknown): void {
  try {
    const report = parseAgentReport(value, 'agentReported');
    if (report.incarnation === input.incarnation && report.revision === input.revision) reports[report.agent] = report;
  } catch {
    // Not a report: nothing to hear. It stays readable in the history.
  }
}
