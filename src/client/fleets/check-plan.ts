/** The check of a plan: the parts that an `apply` would find missing before its first step. Changes nothing. */
import type { FleetActivities } from '../../contract/activities';
import type { AgentSpec } from '../../contract/agent';
import { DroverError } from '../../contract/errors';
import type { FleetSpec, PlannedChange, PlanResult } from '../../contract/fleet';
import type { Approvable, PreflightActivities, PreflightCall, Unmet } from '../../contract/fleet/preflight';
import { queues } from '../../contract/names';
import { type Findings, findingsInTurn, joinFindings, type PreflightRound } from '../../rules/fleet/preflight';
import { planRounds } from '../../rules/fleet/plan/rounds';
import { desiredAgents } from '../../rules/fleet/plan/plan';
import { needsSignature } from '../spec-keys';
import { askWorker, type WorkerQuestion } from '../temporal/ask-worker';
import type { Calls } from '../temporal/calls';

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

/** The parts that the workers find missing, and those that no worker has checked. Never rejects because of a worker. */
export async function checkPlan(
  calls: Calls,
  queuePrefix: string,
  { approvable, ...plan }: Plan,
): Promise<Pick<PlanResult, 'unmet' | 'unchecked'>> {
  const changes = withoutSignedLater(plan);
  const roundsOn = (host: string) => planRounds({ ...plan, changes, host });
  if (roundsOn('').length === 0) return {};
  const { unmet, silent } = await findings(calls, queuePrefix, roundsOn, approvable);
  return { ...(unmet.length > 0 && { unmet }), ...(silent.length > 0 && { unchecked: silent }) };
}

async function findings(
  calls: Calls,
  queuePrefix: string,
  roundsOn: (host: string) => PreflightRound[],
  approvable: Approvable | undefined,
): Promise<Findings> {
  const main = queues.main(queuePrefix);
  let host;
  try {
    ({ host } = await placeOf(calls, main));
  } catch (error) {
    return { unmet: [], silent: [whySilent(error)] };
  }
  const found = roundsOn(host).map((round) => {
    const taskQueue = round.host === null ? main : queues.host(queuePrefix, round.host);
    const ask = (call: PreflightCall) => checkAgents(calls, taskQueue, approvable ? { ...call, approvable } : call);
    return findingsInTurn(round.calls, ask, whySilent);
  });
  return joinFindings(await Promise.all(found));
}

/**
 * Leaves out agents with a program that the fleet has a signature of. The plan does not know the
 * signature, so a worker would refuse a program that `apply` may start.
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

/** Why a worker could not be asked. Throws an error that is not the client's own. */
function whySilent(error: unknown): string {
  if (!(error instanceof DroverError)) throw error;
  return error.message;
}

function placeOf(calls: Calls, taskQueue: string): ReturnType<FleetActivities['place']> {
  return askWorker(calls, question(taskQueue, PLACED_WITHIN_MS), (options) =>
    calls.client.activity.typed<FleetActivities>().execute('place', { ...options, args: [] }),
  );
}

async function checkAgents(calls: Calls, taskQueue: string, call: PreflightCall): Promise<readonly Unmet[]> {
  const { unmet } = await askWorker(calls, question(taskQueue, CHECKED_WITHIN_MS), (options) =>
    calls.client.activity.typed<PreflightActivities>().execute('checkAgents', { ...options, args: [call] }),
  );
  return unmet;
}

function question(taskQueue: string, answerMs: number): WorkerQuestion {
  const unanswered = `no worker answers at the task queue ${taskQueue}, so the plan is not checked there; start drover worker`;
  return { about: 'plan', taskQueue, answerMs, unanswered };
}
