/** One agent's part of a change: create, record, wake, ready; or update, replace, delete (docs/provisioning.md, "What a change does"). */
import { isAlive } from '../../rules/agent/lifecycle';
import { condition, workflowInfo } from '@temporalio/workflow';
import type { AgentInput, AgentSpec } from '../../contract/agent';
import { DroverError, refusalOf } from '../../contract/errors';
import type { AgentChange, OwnedAgent } from '../../contract/fleet';
import {
  atStep,
  breaksOff,
  unknownOutcome,
  intendCreate,
  ownedAs,
  recordCreated,
  recordFailure,
  recordGone,
  recordUpdated,
  recordWoken,
} from '../../rules/change/run';
import { formatDuration } from '../../rules/lib/duration';
import { leftAfterWait } from '../../rules/change/ready-clock';
import { isRefusal } from '../../rules/change/late-creates';
import { agentSettings } from '../../rules/agent/spec/settings';
import { fleetActivities } from '../activities/fleet';
import { changeActivities, preparation } from '../activities/resources';
import { askHost, askHostAgain } from '../shared/host';
import { remove, retire } from './removal';
import { isEndedBefore } from './reset';
import { patiently, resourceCall, type Saga } from './saga';
import { isoNow } from '../shared/iso-now';
import { startFailure, withLog } from '../../rules/agent/restart';
import { errorBody, hasUnknownOutcome } from '../shared/failures';
import { withPreparation } from '../shared/prepare';

/** How long to wait before asking the agent again, because its report may be lost (decision 3). */
const ASK_AGAIN_MS = 30_000;
/** How long to collect further failures after the first one, so that the change reports all of them. */
const HEAR_OTHERS_MS = 5_000;

/** Executes one agent's part. Never throws: a failure is recorded and stops the change. */
export async function changeAgent(saga: Saga, change: AgentChange): Promise<void> {
  const { agent, kind } = change;
  if (await isEndedBefore(saga)) return;
  try {
    if (kind === 'create' && !change.previous) await create(saga, change);
    else if (kind === 'create' || kind === 'replace') await replace(saga, change);
    else if (kind === 'update') await update(saga, change);
    else await remove(saga, change);
  } catch (error) {
    if (kind === 'update') saga.run = unknownOutcome(saga.run, agent, 'spec');
    else if (change.previous) saga.run = unknownOutcome(saga.run, agent, 'resource');
    saga.run = recordFailure(saga.run, agent, reasonOf(saga, agent, error), refusalOf(errorBody(error)));
  }
}

/** Removes the agent's full name from a provider's message, because the change's own text has it. */
function reasonOf({ input }: Saga, agent: string, error: unknown): string {
  const { message } = errorBody(error);
  const title = `${input.fleet}/${agent}: `;
  return message.startsWith(title) ? message.slice(title.length) : message;
}

async function create(saga: Saga, { agent, key, spec }: AgentChange): Promise<void> {
  if (key === null || spec === null) throw new DroverError('Internal', 'a create must have a key and a specification');
  const intended = ownedAs(saga.input, spec, key, null);
  saga.run = intendCreate(saga.run, agent, key, spec, isoNow());
  const what = `create ${agent}`;
  const provider = changeActivities(spec.provider, intended.host, what);
  const createOnce = () => provider.createResource(resourceCall(saga.input, spec, intended));
  let isUnknown = false;
  const { resourceId } = await patiently(saga, what, () =>
    withPreparation(() => askHost(saga.input.fleet, intended, what, createOnce), {
      prepare: () => prepare(saga, spec, intended),
      isMoot: () => breaksOff(saga.run),
    }).catch((error: unknown) => {
      // After a call with an unknown outcome, a refusal of a later call does not tell what the earlier one did.
      isUnknown ||= hasUnknownOutcome(error);
      if (!isUnknown && isRefusal(errorBody(error))) saga.refused[agent] = true;
      throw error;
    }),
  );
  const owned = { ...intended, resourceId };
  saga.run = recordCreated(saga.run, owned, agent, isoNow());
  if (!breaksOff(saga.run)) await becomeReady(saga, spec, owned);
}

/** Shows the preparation as a step of its own, because it may take half an hour. */
async function prepare(saga: Saga, spec: AgentSpec, owned: OwnedAgent): Promise<void> {
  saga.run = atStep(saga.run, spec.name, 'preparing');
  const call = resourceCall(saga.input, spec, owned);
  await preparation(spec.provider, owned.host, `prepare ${spec.name}`).prepareResource(call);
  saga.run = atStep(saga.run, spec.name, 'creating');
}

async function becomeReady(saga: Saga, spec: AgentSpec, owned: OwnedAgent): Promise<void> {
  const agent = spec.name;
  const { readyTimeoutMs } = agentSettings(spec);
  const isReported = (): boolean => saga.reports[agent] !== undefined;
  await ensure(saga, spec, owned);
  // Only waiting counts towards the timeout: not calls to the agent's workflow, and not time without a worker.
  for (let leftMs = readyTimeoutMs; !isReported() && !breaksOff(saga.run) && leftMs > 0;) {
    const patienceMs = Math.min(ASK_AGAIN_MS, leftMs);
    const due = Date.now() + patienceMs;
    const woken = await condition(() => isReported() || breaksOff(saga.run), patienceMs, {
      summary: `wait until ${agent} is ready`,
    });
    leftMs = leftAfterWait(leftMs, patienceMs, due, Date.now());
    if (!woken && leftMs > 0) await ensure(saga, spec, owned);
  }
  if (!isReported() && saga.run.stop?.why === 'failed') await condition(isReported, HEAR_OTHERS_MS);
  const report = saga.reports[agent];
  if (report?.outcome === 'failed')
    throw new DroverError(report.code ?? 'ProviderError', report.error ?? 'failed to start');
  if (report) saga.run = atStep(recordWoken(saga.run, agent), agent, 'ready');
  else if (!breaksOff(saga.run)) throw await whyNotReady(saga, spec, owned, readyTimeoutMs);
}

/** Starts the agent's workflow, or configures the one that exists. */
async function ensure(saga: Saga, spec: AgentSpec, owned: OwnedAgent): Promise<void> {
  if (await isEndedBefore(saga)) return;
  const { fleet, incarnation, revision } = saga.input;
  const { resourceId, key, host } = owned;
  const input: AgentInput = {
    v: 1,
    fleet,
    agent: spec.name,
    incarnation,
    revision,
    spec,
    resourceId,
    key,
    ...(host === undefined ? {} : { host }),
    holds: saga.holds,
    reportTo: workflowInfo().workflowId,
  };
  const what = `ensure ${spec.name}`;
  const view = await patiently(saga, what, () => fleetActivities(what).ensureAgent(input));
  if (isAlive(view)) saga.run = recordWoken(saga.run, spec.name);
}

/** The error for an agent without any report: the provider may know why. */
async function whyNotReady(saga: Saga, spec: AgentSpec, owned: OwnedAgent, waitedMs: number): Promise<DroverError> {
  const what = `inspect ${spec.name}`;
  const provider = changeActivities(spec.provider, owned.host, what);
  const { state, exitCode, detail, log } = await askHostAgain(saga.input.fleet, owned, what, () =>
    provider.inspectResource(resourceCall(saga.input, spec, owned)),
  );
  if (state !== 'absent' && state !== 'stopped') saga.run = recordWoken(saga.run, spec.name);
  const exited = exitCode === null ? 'exited' : `exited with code ${String(exitCode)}`;
  const never = `the agent sent no beat within ${formatDuration(waitedMs)}`;
  return new DroverError(
    'ProviderError',
    state === 'exited' ? withLog(startFailure({ detail: detail ?? exited, log }), log) : never,
  );
}

async function replace(saga: Saga, change: AgentChange): Promise<void> {
  if (!(await retire(saga, change))) return;
  saga.run = recordGone(saga.run, change.agent, 'creating');
  if (!breaksOff(saga.run)) await create(saga, change);
}

async function update(saga: Saga, { agent, spec, previous }: AgentChange): Promise<void> {
  if (spec === null || previous === null)
    throw new DroverError('Internal', 'an update must have a specification and a previous agent');
  saga.run = atStep(saga.run, agent, 'updating');
  await ensure(saga, spec, previous);
  saga.run = recordUpdated(saga.run, agent);
}
