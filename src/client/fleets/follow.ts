/** Waits for changes of a fleet: follows one to its end, or lets a command wait until none runs. */
import { DroverError } from '../../contract/errors';
import type { ApplyResult, ChangeView, FleetView } from '../../contract/fleet';
import { describeChange, describeFleet } from '../../contract/fleet/messages';
import { monotonicMs } from '../../lib/clock';
import { pollUntil } from '../temporal/backoff';
import type { CallOptions } from '../temporal/call-options';
import type { Calls } from '../temporal/calls';
import { endedError } from '../temporal/ends';
import { changeSubject, fleetSubject } from '../temporal/subject';
import { isUnanswered } from '../temporal/unanswered';

/**
 * How to treat another running change of the fleet, for at most `timeoutMs`. The default is the
 * error `ChangeInProgress`.
 */
export interface ChangeCallOptions extends CallOptions {
  /** `wait` for the end of that change, or `cancel` it and wait until it is undone. */
  readonly ifBusy?: 'wait' | 'cancel';
  /** Called once for each change that is waited for, with the change as it was then. */
  readonly onBusy?: (change: ChangeView) => void;
}

/** `onProgress` receives every new state of the change; without `timeoutMs` the wait has no limit. */
export interface FollowOptions extends CallOptions {
  readonly onProgress?: (change: ChangeView) => void;
  /** Ends the following, not the change, with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

/** Message parts for a fleet that has ended. */
export const ENDED = {
  ended: 'it was destroyed',
  wayOn:
    'drover apply of its file makes it again and takes over its agents; drover gc --yes removes what no longer has an owner',
};

/** Waits until a change has ended, and returns it. Throws `Timeout` while it goes on. */
export async function followChange(
  calls: Calls,
  fleet: string,
  { changeId, revision }: { readonly changeId: string; readonly revision: number },
  { onProgress, timeoutMs = Infinity, signal }: FollowOptions,
): Promise<ChangeView> {
  let last = '';
  const look = async () => {
    const change = await currentChange(calls, fleet, changeId, revision);
    const shown = JSON.stringify(change);
    if (change && shown !== last) onProgress?.(change);
    last = shown;
    return change;
  };
  const ended = await pollUntil(look, (change) => change !== null && change.state !== 'running', {
    deadline: monotonicMs() + timeoutMs,
    // Half a second is soon enough for people, and each look costs two queries of busy workflows.
    maxPauseMs: 500,
    signal,
  });
  if (ended) return ended;
  throw new DroverError(
    'Timeout',
    `the change of fleet ${fleet} still runs after ${String(timeoutMs)} ms; it goes on`,
    {
      changeId,
    },
  );
}

/**
 * The fleet knows how a change ended; the change's own workflow knows its progress. Null: neither
 * knows it yet.
 */
async function currentChange(
  calls: Calls,
  fleet: string,
  changeId: string,
  revision: number,
): Promise<ChangeView | null> {
  const { view, end } = await calls.queryWithEnd(fleetSubject(fleet), describeFleet);
  const { change } = view;
  if (change?.changeId === changeId && change.state !== 'running') return change;
  if (end !== null && end.how !== 'completed') throw endedError(fleetSubject(fleet), end, ENDED);
  // If the change does not answer, the fleet still knows it as it was at its start.
  const live = await calls.query(changeSubject(fleet, revision), describeChange).catch(unlessUnanswered);
  if (live?.changeId !== changeId) return change?.changeId === changeId ? withTroubles(change, view) : null;
  return { ...live, state: change?.changeId === changeId ? 'running' : live.state };
}

/** The calls of a fleet that a command needs to wait for another change. */
interface BusyFleet {
  view(): Promise<FleetView>;
  cancel(changeId: string): Promise<unknown>;
}

/** Sends a command, and where `ifBusy` says so again each time that the running change has ended. */
export async function sendInTurn(
  fleet: BusyFleet,
  { ifBusy, onBusy, timeoutMs = Infinity }: ChangeCallOptions,
  send: () => Promise<ApplyResult>,
): Promise<ApplyResult> {
  const deadline = monotonicMs() + timeoutMs;
  for (;;) {
    try {
      return await send();
    } catch (error) {
      const busy = error instanceof DroverError && error.code === 'ChangeInProgress';
      if (!busy || !ifBusy || !(await hasEnded(fleet, ifBusy, deadline, onBusy))) throw error;
    }
  }
}

/** Whether the fleet's change has ended by the deadline. */
async function hasEnded(
  fleet: BusyFleet,
  ifBusy: 'wait' | 'cancel',
  deadline: number,
  onBusy: ChangeCallOptions['onBusy'],
): Promise<boolean> {
  let cancelled = ifBusy === 'wait';
  let told = '';
  const look = async () => {
    const { change } = await fleet.view();
    if (change?.state === 'running' && change.changeId !== told) {
      told = change.changeId;
      onBusy?.(change);
    }
    if (!cancelled && change?.state === 'running') {
      await fleet.cancel(change.changeId).catch(ignoreEnded);
      cancelled = true;
    }
    return change;
  };
  return (await pollUntil(look, (change) => change?.state !== 'running', { deadline })) !== undefined;
}

/** Ignores that the change has ended by itself, or that another one has started. */
function ignoreEnded(error: unknown): void {
  const isEnded =
    error instanceof DroverError && (error.code === 'RuntimeStateError' || error.code === 'StaleRevision');
  if (!isEnded) throw error;
}

/** Null if the workflow does not exist yet, or if its workflow task keeps failing. */
function unlessUnanswered(error: unknown): null {
  if (isUnanswered(error) || (error instanceof DroverError && error.code === 'FleetNotFound')) return null;
  throw error;
}

/** A change before its first step waits for what its fleet waits for. */
function withTroubles(change: ChangeView, { troubles }: FleetView): ChangeView {
  return troubles === undefined ? change : { ...change, troubles };
}
