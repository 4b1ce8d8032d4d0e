/** Terminates workflows that do not answer: of a change that must end, and of an abandoned agent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Calls } from '../../client/temporal/calls';
import { agentSubject } from '../../client/temporal/subject';
import { lookForFailures } from '../../client/temporal/unanswered';
import type { FleetActivities } from '../../contract/activities';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import { INCARNATION_MEMO } from '../../contract/names';
import { monotonicMs } from '../../lib/clock';

/** Polling interval. Each poll reads the change and each of its parts from the server. */
const LOOK_EVERY_MS = 5_000;
/** A worker that is being replaced is back within this time. Users wait for the cancellation, so it is not longer. */
const GIVE_UP_AFTER_MS = 30_000;

/** The activities that terminate workflows. */
export function createGiveUpActivities(calls: Calls): Pick<FleetActivities, 'abandonAgent' | 'giveUpUnanswered'> {
  return {
    async abandonAgent({ fleet, agent, incarnation, why }) {
      const { workflowId } = agentSubject({ fleet, agent });
      const handle = calls.client.workflow.getHandle(workflowId);
      await unlessGone(async () => {
        const { status, memo, runId } = await handle.describe();
        if (status.name !== 'RUNNING' || memo?.[INCARNATION_MEMO] !== incarnation) return;
        const reason = `abandoned by drover destroy --forget: ${boundedText(why, SHORT_BYTES)}`;
        await calls.client.workflow.getHandle(workflowId, runId).terminate(reason);
      });
    },

    async giveUpUnanswered({ workflowId }) {
      const failingSince = new Map<string, number>();
      const context = Context.current();
      for (;;) {
        const open = await openRuns(calls, workflowId);
        if (open.length === 0) return;
        for (const run of open) await endIfFailing(calls, run, failingSince);
        context.heartbeat();
        await sleep(LOOK_EVERY_MS, undefined, { signal: context.cancellationSignal });
      }
    },
  };
}

interface OpenRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** The open workflows of the change and its parts. Empty when the change has ended. */
async function openRuns({ client }: Calls, workflowId: string): Promise<OpenRun[]> {
  const description = await unlessGone(() => client.workflow.getHandle(workflowId).describe());
  if (description?.status.name !== 'RUNNING') return [];
  const children = description.raw.pendingChildren ?? [];
  const parts = children.map((child) => ({ workflowId: child.workflowId ?? '', runId: child.runId ?? '' }));
  return [...parts, { workflowId, runId: description.runId }];
}

async function endIfFailing(
  { client }: Calls,
  { workflowId, runId }: OpenRun,
  since: Map<string, number>,
): Promise<void> {
  const failing = await unlessGone(() => lookForFailures(client, workflowId, runId));
  if (!failing) {
    since.delete(runId);
    return;
  }
  const first = since.get(runId) ?? monotonicMs();
  since.set(runId, first);
  if (monotonicMs() - first < GIVE_UP_AFTER_MS) return;
  const reason = `terminated, because it must end and its workflow task has failed ${String(failing.failures)} times (${failing.why})`;
  await unlessGone(() => client.workflow.getHandle(workflowId, runId).terminate(boundedText(reason, SHORT_BYTES)));
}

async function unlessGone<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}
