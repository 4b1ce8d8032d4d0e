/** Executes a large change in parts, one after the other. The undo of each part is a child workflow too. */
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import type { ProvisionInput, ProvisionResult, ProvisionWorkflow } from '../../contract/fleet';
import { PROVISION_WORKFLOW, provisionPartId } from '../../contract/names';
import { keywords } from '../../contract/search-attributes';
import { absorbPart, absorbUndo, losePart, loseUndo, madeByPart, undoOfPart } from '../../rules/change/parts';
import { isEndedBefore } from './reset';
import { type Saga } from './saga';
import { isoNow } from '../shared/iso-now';
import { errorBody } from '../shared/failures';
import { tellHolds } from '../shared/holds';
import { until } from '../shared/until';

/** A part that has run, with what its undo needs. */
interface RunPart {
  readonly part: ProvisionInput;
  /** The part ended without a result, so its undo must inspect the previous agents. */
  readonly lost: boolean;
}

/** Runs the parts until one fails or the change is stopped. Returns the parts that ran. */
export async function runParts(saga: Saga, parts: readonly ProvisionInput[]): Promise<RunPart[]> {
  const ran: RunPart[] = [];
  for (const [index, part] of parts.entries()) {
    if (saga.run.stop || (await isEndedBefore(saga))) break;
    const result = await runPart(saga, part, String(index + 1));
    ran.push({ part, lost: result === null });
    if (result) saga.run = absorbPart(saga.run, part, result);
  }
  return ran;
}

/** Runs one part. A stop of the change cancels it, and the part undoes its work. Null: it ended without a result. */
async function runPart(saga: Saga, part: ProvisionInput, name: string): Promise<ProvisionResult | null> {
  const scope = new CancellationScope({ cancellable: true });
  let isOver = false;
  const watch = saga.supervisor.persist(`stop part ${name}`, async () => {
    await until(() => isOver || saga.run.stop !== null);
    if (!isOver) scope.cancel();
  });
  try {
    return await scope.run(async () => {
      const { holds } = saga;
      const child = await startPart({ ...part, holds }, name);
      saga.tellPart = (changed) => tellHolds(child, changed, saga.supervisor);
      if (saga.holds !== holds) await saga.tellPart(saga.holds);
      return child.result();
    });
  } catch (error) {
    const why = `part ${name} ended without finishing (${errorBody(error).message})`;
    saga.run = losePart(saga.run, part, why, isoNow());
    return null;
  } finally {
    isOver = true;
    saga.tellPart = null;
    await watch;
  }
}

/** Undoes the parts, the newest first, within the current attempt. */
export async function undoParts(saga: Saga, ran: readonly RunPart[]): Promise<void> {
  const { attempt } = saga.run.record;
  for (const [index, { part: undone, lost }] of [...ran.entries()].reverse()) {
    const input = undoOfPart(saga.run, lost ? undone : madeByPart(undone));
    if (!lost && input.undo?.entries.length === 0) continue;
    try {
      const part = await startPart(input, `undo-${String(attempt)}-${String(index + 1)}`);
      const result = await part.result();
      saga.run = absorbUndo(saga.run, input, result, isoNow());
    } catch (error) {
      saga.run = loseUndo(saga.run, input, errorBody(error).message, isoNow());
    }
  }
}

function startPart(input: ProvisionInput, part: string): Promise<ChildWorkflowHandle<ProvisionWorkflow>> {
  const { fleet, revision } = input;
  return startChild<ProvisionWorkflow>(PROVISION_WORKFLOW, {
    workflowId: provisionPartId(fleet, revision, part),
    args: [input],
    typedSearchAttributes: keywords({ DroverFleet: fleet }),
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    // A cancelled part ends by itself with a result, which names what it has created and undone.
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    staticSummary: `${fleet} revision ${String(revision)}, part ${part}`,
  });
}
