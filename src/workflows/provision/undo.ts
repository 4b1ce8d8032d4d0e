/** Carries an undo log out: newest first, by id where known and by key where not, whatever happens to the change meanwhile. */
import { CancellationScope, sleep } from '@temporalio/workflow';
import type { ResourceCall } from '../../contract/activities';
import type { CompensationEntry } from '../../contract/fleet/compensation';
import type { AgentChange } from '../../contract/fleet';
import { unknownOutcome, ownedAs, recordGone, recordLeftOver } from '../../rules/change/run';
import {
  COMPENSATION_LIMIT_MS,
  finishAttempt,
  settleEntry,
  transition,
  undoOrder,
} from '../../rules/change/compensation';
import { CREATE_TIMEOUT_MS, mayLandLate, wasNeverMade } from '../../rules/change/late-creates';
import { providerActivities, undoActivities, undoRetireActivity } from '../activities';
import { inParallel, resourceCall, type Saga } from './saga';
import { isoNow } from '../shared/iso-now';
import { errorBody } from '../shared/failures';
import { untilOr } from '../shared/until';

/** Begins the first attempt, for the reason that stopped the change. */
export function beginCompensation(saga: Saga): void {
  const why = saga.run.stop?.message ?? 'asked for';
  const { revision } = saga.input;
  const { record } = transition(saga.run.record, { to: 'compensating', attempt: 1, revision, at: isoNow(), why });
  saga.run = { ...saga.run, record };
}

/** Ends the attempt that has begun: compensated, or failed where anything is left. */
export function endAttempt(saga: Saga): void {
  saga.run = { ...saga.run, record: finishAttempt(saga.run.record, isoNow()).record };
}

/** Carries out the attempt that has begun. */
export async function undoAll(saga: Saga, limit: number): Promise<void> {
  const scope = new CancellationScope({ cancellable: true });
  let isThrough = false;
  // Ends at once when all is undone; else what still waits is cancelled and becomes a failed entry.
  const deadline = saga.supervisor.persist('end the compensation in time', async () => {
    if (!(await untilOr(() => isThrough, COMPENSATION_LIMIT_MS, 'compensation'))) scope.cancel();
  });
  const landedBy = Date.now() + CREATE_TIMEOUT_MS;
  await scope.run(() => inParallel(undoOrder(saga.run.record), limit, never, (entry) => undo(saga, entry, landedBy)));
  isThrough = true;
  await deadline;
  endAttempt(saga);
}

const never = (): boolean => false;

async function undo(saga: Saga, entry: CompensationEntry, landedBy: number): Promise<void> {
  const { name: agent, key } = entry;
  try {
    const existed = await takeBack(saga, entry, landedBy);
    const outcome = existed ? 'undone' : 'nothing_to_undo';
    saga.run = { ...saga.run, record: settleEntry(saga.run.record, key, outcome, isoNow()) };
    if (isOurs(saga, entry)) saga.run = recordGone(saga.run, agent, 'undone');
  } catch (error) {
    const { message } = errorBody(error);
    const record = settleEntry(saga.run.record, key, 'failed', isoNow(), message);
    saga.run = recordLeftOver({ ...saga.run, record }, agent, entry, `not undone: ${message}`);
  }
}

/** Of a replace that was stopped before its create, what is owned is still the old one. */
function isOurs({ run }: Saga, { name, key }: CompensationEntry): boolean {
  const owned = run.owned[name];
  return owned === undefined || owned.key === key;
}

/**
 * Ends the agent's workflow if this change has started it, which ends its resource; then the resource, by its key at least. A
 * workflow that could not be ended at first is tried again when its resource is gone, which is what it may have been waiting for.
 */
async function takeBack({ input, refused }: Saga, entry: CompensationEntry, landedBy: number): Promise<boolean> {
  const { name: agent, key, resourceId } = entry;
  const spec = input.changes.find((change) => change.agent === agent)?.spec;
  if (!spec || wasNeverMade(entry, refused[agent] ?? false)) return false;
  const made = resourceCall(input, spec, ownedAs(input, spec, key, resourceId));
  const first = await end(input, agent).catch(() => null);
  const removed = await remove(made, `undo: remove ${agent}`);
  const ended = first ?? (await end(input, agent));
  const late = mayLandLate(entry, spec) && (await removeLate(made, landedBy));
  return ended.existed || removed || late;
}

async function remove(made: ResourceCall, summary: string): Promise<boolean> {
  return (await undoActivities(made.provider, made.host, summary).destroyResource(made)).existed;
}

/** Once more when no create can be on its way any longer. */
async function removeLate(made: ResourceCall, landedBy: number): Promise<boolean> {
  const waitMs = landedBy - Date.now();
  if (waitMs > 0) await sleep(waitMs, { summary: `a create of ${made.agent} may still land` });
  return remove(made, `undo: remove ${made.agent} if it has landed late`);
}

function end({ fleet, incarnation, revision }: Saga['input'], agent: string): Promise<{ existed: boolean }> {
  const call = { fleet, agent, incarnation, revision, sinceRevision: revision, mode: 'freeze' as const };
  return undoRetireActivity(`undo: end ${agent}`).retireAgent(call);
}

/**
 * After a saga that ended without telling, nobody knows how far it had come with what was there before. What the provider still has
 * stays owned, with a doubt that the next apply clears; what it has not is gone.
 */
export async function lookAfter(saga: Saga, limit: number): Promise<void> {
  await inParallel(saga.input.changes, limit, never, async (change) => {
    if (!change.previous) return;
    if (change.kind === 'update') saga.run = unknownOutcome(saga.run, change.agent, 'spec');
    else await lookAt(saga, change, change.previous);
  });
}

async function lookAt(
  saga: Saga,
  { agent }: AgentChange,
  previous: NonNullable<AgentChange['previous']>,
): Promise<void> {
  if (saga.run.owned[agent]?.key !== previous.key) return;
  try {
    const provider = providerActivities(previous.provider, previous.host, `inspect ${agent}`);
    const { state } = await provider.inspectResource(resourceCall(saga.input, previous.spec, previous));
    saga.run =
      state === 'absent' ? recordGone(saga.run, agent, 'deleted') : unknownOutcome(saga.run, agent, 'resource');
  } catch {
    // A provider that does not answer now has it or has not: the next apply replaces it.
    saga.run = unknownOutcome(saga.run, agent, 'resource');
  }
}
