/** Removes an agent of the previous revision: its workflow and its resource, each even when the other cannot be removed. */
import type { RetireCall } from '../../contract/activities';
import type { AgentChange } from '../../contract/fleet';
import { atStep, recordForgotten, recordGone } from '../../rules/change/run';
import { fleetActivities, forgetfulActivities, retireActivity } from '../activities/fleet';
import { changeActivities } from '../activities/resources';
import { askHost, askHostAgain } from './host';
import { patiently, resourceCall, type Saga } from './saga';
import { errorBody } from '../shared/failures';

/** The owned agent that a removal removes. */
type Previous = NonNullable<AgentChange['previous']>;

/** Removes an agent. A change with `forget` abandons what it cannot remove. */
export async function remove(saga: Saga, change: AgentChange): Promise<void> {
  const { agent } = change;
  let left: string | null = null;
  if (saga.input.forget) left = await retireOrForget(saga, change);
  else await retire(saga, change);
  saga.run = left === null ? recordGone(saga.run, agent, 'deleted') : recordForgotten(saga.run, agent, left);
}

/**
 * Ends the agent's workflow, which destroys its resource. Then destroys the resource by its key, in case the workflow is gone or does not
 * answer, so that no process stays. Retries a workflow that did not end at first, now without its resource.
 */
export async function retire(saga: Saga, { agent, previous }: AgentChange): Promise<void> {
  if (!previous) return;
  saga.run = atStep(saga.run, agent, 'deleting');
  const call = callOf(saga, agent, 'drain');
  const end = () => patiently(saga, `retire ${agent}`, () => retireActivity(`retire ${agent}`).retireAgent(call));
  const first = await failureOf(end());
  const what = `remove ${agent}`;
  const provider = changeActivities(previous.provider, previous.host, what);
  const destroyOnce = () => provider.destroyResource(resourceCall(saga.input, previous.spec, previous));
  await patiently(saga, what, () => askHost(saga.input.fleet, previous, what, destroyOnce));
  if (first !== null) await end();
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
