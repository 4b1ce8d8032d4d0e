/** The check of a plan: what an `apply` would find missing before its first step. Changes nothing. */
import { randomUUID } from 'node:crypto';
import { ActivityExecutionFailedError } from '@temporalio/client';
import { TimeoutFailure } from '@temporalio/common';
import type { FleetActivities } from '../../contract/activities';
import type { AgentSpec } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { FleetSpec, PlannedChange, PlanResult } from '../../contract/fleet';
import type { Approvable, PreflightActivities, PreflightCall } from '../../contract/fleet/preflight';
import { queues } from '../../contract/names';
import { type Findings, joinUnmet, planRounds, type PreflightRound } from '../../rules/fleet/preflight';
import { desiredAgents } from '../../rules/fleet/plan/plan';
import { needsSignature } from '../spec-keys';
import type { Calls } from '../temporal/calls';

/** How long a worker may take to begin: one that restarts is back by then, and a person waits for the answer. */
const TAKEN_WITHIN_MS = 10_000;
/** The place of a change is known to its worker. */
const PLACED_WITHIN_MS = 10_000;
/** As in a change: an engine asks the registry of each image, for up to 25 s a question. */
const CHECKED_WITHIN_MS = 120_000;

/** A plan, as it would be applied; `approvable` as in the check of the workers. */
export interface Plan {
  readonly fleet: string;
  readonly spec: FleetSpec;
  readonly changes: readonly PlannedChange[];
  readonly approvable?: Approvable | undefined;
}

/** What the workers find missing, and what could not be checked. Never rejects because of a worker. */
export async function checkPlan(
  calls: Calls,
  queuePrefix: string,
  { approvable, ...plan }: Plan,
): Promise<Pick<PlanResult, 'unmet' | 'unchecked'>> {
  const changes = withoutSignedLater(plan);
  const roundsOn = (host: string) => planRounds({ ...plan, changes, host });
  if (roundsOn('').length === 0) return {};
  const found: Findings[] = await asked(async () => {
    const { host } = await placeOf(calls, queues.main(queuePrefix));
    const rounds = roundsOn(host).map((round) => approved(round, approvable));
    return Promise.all(rounds.map((round) => ask(calls, queuePrefix, round)));
  });
  const unmet = joinUnmet(found.flatMap((one) => one.unmet));
  const unchecked = found.flatMap(({ silent }) => silent);
  return { ...(unmet.length > 0 && { unmet }), ...(unchecked.length > 0 && { unchecked }) };
}

/**
 * Leaves out agents whose program the fleet has a signature of: the plan does not know it, so a
 * worker would refuse what `apply` starts.
 */
function withoutSignedLater({ spec, changes }: Plan): PlannedChange[] {
  const desired = new Map(desiredAgents(spec).map((agent) => [agent.name, agent]));
  const isUnsigned = ({ provider, signature }: AgentSpec) => needsSignature(provider) && signature === undefined;
  return changes.filter((change) => {
    const agent = desired.get(change.agent);
    const isSameProgram = change.why !== undefined || (change.kind === 'replace' && change.fields.length === 0);
    return !(agent && isUnsigned(agent) && (isSameProgram || agent.replicaOf !== undefined));
  });
}

function approved({ host, calls }: PreflightRound, approvable: Approvable | undefined): PreflightRound {
  return approvable ? { host, calls: calls.map((call) => ({ ...call, approvable })) } : { host, calls };
}

/** The findings of some questions; where they cannot be asked, that. */
async function asked(questions: () => Promise<Findings[]>): Promise<Findings[]> {
  try {
    return await questions();
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return [{ unmet: [], silent: [error.message] }];
  }
}

/** Asks one worker, call after call, until it does not answer. */
async function ask(calls: Calls, queuePrefix: string, { host, calls: parts }: PreflightRound): Promise<Findings> {
  const taskQueue = host === null ? queues.main(queuePrefix) : queues.host(queuePrefix, host);
  const found: Findings[] = [];
  for (const part of parts) {
    const [one] = await asked(async () => [{ ...(await checkAgents(calls, taskQueue, part)), silent: [] }]);
    if (one) found.push(one);
    if (one?.silent.length !== 0) break;
  }
  return { unmet: found.flatMap(({ unmet }) => unmet), silent: found.flatMap(({ silent }) => silent) };
}

function placeOf(calls: Calls, taskQueue: string): ReturnType<FleetActivities['place']> {
  return within(calls, taskQueue, PLACED_WITHIN_MS, (options) =>
    calls.client.activity.typed<FleetActivities>().execute('place', { ...options, args: [] }),
  );
}

function checkAgents(
  calls: Calls,
  taskQueue: string,
  call: PreflightCall,
): ReturnType<PreflightActivities['checkAgents']> {
  return within(calls, taskQueue, CHECKED_WITHIN_MS, (options) =>
    calls.client.activity.typed<PreflightActivities>().execute('checkAgents', { ...options, args: [call] }),
  );
}

/** How an activity of a plan is started. */
interface StartOptions {
  readonly id: string;
  readonly taskQueue: string;
  readonly scheduleToStartTimeout: number;
  readonly startToCloseTimeout: number;
  readonly retry: { readonly maximumAttempts: number };
}

function within<T>(
  calls: Calls,
  taskQueue: string,
  timeoutMs: number,
  execute: (options: StartOptions) => Promise<T>,
): Promise<T> {
  const options: StartOptions = {
    id: `plan/${randomUUID()}`,
    taskQueue,
    scheduleToStartTimeout: TAKEN_WITHIN_MS,
    startToCloseTimeout: timeoutMs,
    // The caller plans again; a second attempt would answer to a caller that is gone.
    retry: { maximumAttempts: 1 },
  };
  return calls.within(null, { timeoutMs: TAKEN_WITHIN_MS + timeoutMs }, () =>
    execute(options).catch((error: unknown) => {
      const isSilent = error instanceof ActivityExecutionFailedError && error.cause instanceof TimeoutFailure;
      throw isSilent ? noWorker(taskQueue, error) : error;
    }),
  );
}

function noWorker(taskQueue: string, cause: unknown): DroverError {
  const what = `no worker answers at the task queue ${taskQueue}, so the plan is not checked there; start drover worker`;
  return new DroverError('Unavailable', what, undefined, { cause });
}
