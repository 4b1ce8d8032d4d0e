/** Removes an agent of the previous revision: its workflow and its resource, each even when the other cannot be removed. */
import { CancellationScope } from '@temporalio/workflow';
import type { RetireCall } from '../../contract/activities';
import type { AgentChange } from '../../contract/fleet';
import { atStep, recordForgotten, recordGone } from '../../rules/change/run';
import { fleetActivities, forgetfulActivities, retireActivity } from '../activities/fleet';
import { changeActivities } from '../activities/resources';
import { askHost, askHostAgain } from '../shared/host';
import { patiently, resourceCall, type Saga } from './saga';
import { errorBody } from '../shared/failures';
import { until } from '../shared/until';

/** The owned agent that a removal removes. */
type Previous = NonNullable<AgentChange['previous']>;

/** Removes an agent. A change with `forget` abandons what it cannot remove. */
export async function remove(saga: Saga, change: AgentChange): Promise<void> {
  const { agent } = change;
  let left: string | null = null;
  if (saga.input.forget) left = await retireOrForget(saga, change);
  else if (!(await retire(saga, change))) return;
  saga.run = left === null ? recordGone(saga.run, agent, 'deleted') : recordForgotten(saga.run, agent, left);
}

/**
 * Ends the agent's workflow, which destroys its resource. Then destroys the resource by its key, in case the workflow is gone or does not
 * answer, so that no process stays. Retries a workflow that did not end at first, now without its resource. False: the change was
 * cancelled while the agent drained, and the agent goes on.
 */
export async function retire(saga: Saga, { agent, previous }: AgentChange): Promise<boolean> {
  if (!previous) return true;
  saga.run = atStep(saga.run, agent, 'deleting');
  const call = callOf(saga, agent, 'drain');
  const end = () => patiently(saga, `retire ${agent}`, () => retireActivity(`retire ${agent}`).retireAgent(call));
  const first = await failureOf(unlessCancelled(saga, agent, end));
  if (first !== null && isCancelled(saga) && (await isKept(saga, call))) {
    saga.run = atStep(saga.run, agent, 'waiting');
    return false;
  }
  const what = `remove ${agent}`;
  const provider = changeActivities(previous.provider, previous.host, what);
  const destroyOnce = () => provider.destroyResource(resourceCall(saga.input, previous.spec, previous));
  await patiently(saga, what, () => askHost(saga.input.fleet, previous, what, destroyOnce));
  if (first !== null) await end();
  return true;
}

/** A cancelled change, or one that has timed out, removes nothing more. After a failure the removals in progress finish. */
function isCancelled({ run }: Saga): boolean {
  return run.stop !== null && run.stop.why !== 'failed';
}

/** Makes the call, and cancels it when the change is cancelled. */
async function unlessCancelled(saga: Saga, agent: string, call: () => Promise<unknown>): Promise<unknown> {
  const scope = new CancellationScope({ cancellable: true });
  let isDone = false;
  const watch = saga.supervisor.persist(`break off the drain of ${agent}`, async () => {
    await until(() => isDone || isCancelled(saga));
    if (!isDone) scope.cancel();
  });
  try {
    return await scope.run(call);
  } finally {
    isDone = true;
    await watch;
  }
}

/** Lets the agent go on. False: it had begun to end before. */
async function isKept(saga: Saga, call: RetireCall): Promise<boolean> {
  const what = `keep ${call.agent}`;
  const { kept } = await patiently(saga, what, () => fleetActivities(what).keepAgent(call));
  return kept;
}

/** Null when the agent is removed; otherwise why it is abandoned. Its workflow is terminated, so that it does not run without a fleet. */
async function retireOrForget(saga: Saga, { agent, previous }: AgentChange): Promise<string | null> {
  if (!previous) return null;
  saga.run = atStep(saga.run, agent, 'deleting');
  const call = callOf(saga, agent, 'freeze');
  const { agents, resources } = forgetfulActivities(previous.provider, previous.host, `remove ${agent}`);
  const [first, removed] = [
    await failureOf(agents.retireAgent(call)),
    await failureOf(removal(saga, previous, resources)),
  ];
  const ended = first === null || removed !== null ? first : await failureOf(agents.retireAgent(call));
  const whys = [ended, removed].filter((why) => why !== null);
  if (whys.length === 0) return null;
  const why = whys.join('; ');
  const abandoned = await failureOf(fleetActivities(`abandon ${agent}`).abandonAgent({ ...call, why }));
  return abandoned === null ? why : `${why}; ${abandoned}`;
}

function removal(
  { input }: Saga,
  previous: Previous,
  resources: ReturnType<typeof forgetfulActivities>['resources'],
): Promise<unknown> {
  const { fleet } = input;
  return askHostAgain(fleet, previous, `remove ${previous.spec.name}`, () =>
    resources.destroyResource(resourceCall(input, previous.spec, previous)),
  );
}

function callOf({ input }: Saga, agent: string, mode: RetireCall['mode']): RetireCall {
  const { fleet, incarnation, revision } = input;
  return { fleet, agent, incarnation, revision: revision - 1, mode };
}

/** The message of a call's failure; null when it succeeded. */
async function failureOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    return errorBody(error).message;
  }
}
