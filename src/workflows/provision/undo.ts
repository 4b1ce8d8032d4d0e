/** Executes an undo log: newest entry first, by id or else by key. It continues when the change is cancelled. */
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
import { undoRetireActivity } from '../activities/fleet';
import { changeActivities, undoActivities } from '../activities/resources';
import { askHostAgain } from '../shared/host';
import { inParallel, resourceCall, type Saga } from './saga';
import { isoNow } from '../shared/iso-now';
import { undoError } from '../shared/undo-error';
import { untilOr } from '../shared/until';

/** Begins the first attempt with the reason that stopped the change. */
export function beginCompensation(saga: Saga): void {
  const why = saga.run.stop?.message ?? 'requested';
  const { revision } = saga.input;
  const { record } = transition(saga.run.record, { to: 'compensating', attempt: 1, revision, at: isoNow(), why });
  saga.run = { ...saga.run, record };
}

/** Ends the current attempt: compensated, or failed when an entry is left. */
export function endAttempt(saga: Saga): void {
  saga.run = { ...saga.run, record: finishAttempt(saga.run.record, isoNow()).record };
}

/** Executes the current attempt. */
export async function undoAll(saga: Saga, limit: number): Promise<void> {
  const scope = new CancellationScope({ cancellable: true });
  let isThrough = false;
  // At the limit, entries that still wait are cancelled and become failed entries.
  const deadline = saga.supervisor.persist('enforce the limit of the compensation', async () => {
    if (!(await untilOr(() => isThrough, COMPENSATION_LIMIT_MS, 'limit of the compensation'))) scope.cancel();
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
    const message = undoError(error);
    const record = settleEntry(saga.run.record, key, 'failed', isoNow(), message);
    saga.run = recordLeftOver({ ...saga.run, record }, agent, entry, `not undone: ${message}`);
  }
}

/** False for a replace that stopped before its create: the fleet still owns the previous agent. */
function isOurs({ run }: Saga, { name, key }: CompensationEntry): boolean {
  const owned = run.owned[name];
  return owned === undefined || owned.key === key;
}

/**
 * Ends the agent's workflow if this change has started it, which destroys its resource. Then destroys the resource by its id or key.
 * Retries a workflow that did not end at first, because it may have waited for its resource.
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
  const provider = undoActivities(made.provider, made.host, summary);
  return (await askHostAgain(made.fleet, made, summary, () => provider.destroyResource(made))).existed;
}

/** Destroys the resource again when no create can still be in flight. */
async function removeLate(made: ResourceCall, landedBy: number): Promise<boolean> {
  const waitMs = landedBy - Date.now();
  if (waitMs > 0) await sleep(waitMs, { summary: `wait for a late create of ${made.agent}` });
  return remove(made, `undo: remove a late create of ${made.agent}`);
}

function end({ fleet, incarnation, revision }: Saga['input'], agent: string): Promise<{ existed: boolean }> {
  const call = { fleet, agent, incarnation, revision, sinceRevision: revision, mode: 'freeze' as const };
  return undoRetireActivity(`undo: end ${agent}`).retireAgent(call);
}

/**
 * Inspects the previous agents after a saga that ended without a result. An agent whose resource exists stays owned with an unknown
 * outcome, which the next apply resolves. An agent without a resource is gone.
 */
export async function inspectPrevious(saga: Saga, limit: number): Promise<void> {
  await inParallel(saga.input.changes, limit, never, async (change) => {
    if (!change.previous) return;
    if (change.kind === 'update') saga.run = unknownOutcome(saga.run, change.agent, 'spec');
    else await inspectOne(saga, change, change.previous);
  });
}

async function inspectOne(
  saga: Saga,
  { agent }: AgentChange,
  previous: NonNullable<AgentChange['previous']>,
): Promise<void> {
  if (saga.run.owned[agent]?.key !== previous.key) return;
  try {
    const what = `inspect ${agent}`;
    const provider = changeActivities(previous.provider, previous.host, what);
    const { state } = await askHostAgain(saga.input.fleet, previous, what, () =>
      provider.inspectResource(resourceCall(saga.input, previous.spec, previous)),
    );
    saga.run =
      state === 'absent' ? recordGone(saga.run, agent, 'deleted') : unknownOutcome(saga.run, agent, 'resource');
  } catch {
    // The provider does not answer, so the outcome is unknown: the next apply replaces the agent.
    saga.run = unknownOutcome(saga.run, agent, 'resource');
  }
}
