/** Removing an agent as it was before a change: its workflow and its resource, each also where the other cannot be removed. */
import type { RetireCall } from '../../contract/activities';
import type { AgentChange } from '../../contract/fleet';
import { atStep, recordForgotten, recordGone } from '../../rules/change/run';
import { fleetActivities, forgetfulActivities, providerActivities, retireActivity } from '../activities';
import { patiently, resourceCall, type Saga } from './saga';
import { errorBody } from '../shared/failures';

/** What a removal has to be told of. */
type Previous = NonNullable<AgentChange['previous']>;

/** Removes an agent that is not wanted any more; what cannot be removed is given up where the change may do that. */
export async function remove(saga: Saga, change: AgentChange): Promise<void> {
  const { agent } = change;
  let left: string | null = null;
  if (saga.input.forget) left = await retireOrForget(saga, change);
  else await retire(saga, change);
  saga.run = left === null ? recordGone(saga.run, agent, 'deleted') : recordForgotten(saga.run, agent, left);
}

/**
 * Ends the agent's workflow, which ends its resource; then the resource by its key, also where the workflow was not there to do it or does not
 * answer: no process lives on because of that. A workflow that could not be ended at first is tried again when its resource is gone.
 */
export async function retire(saga: Saga, { agent, previous }: AgentChange): Promise<void> {
  if (!previous) return;
  saga.run = atStep(saga.run, agent, 'deleting');
  const call = callOf(saga, agent, 'drain');
  const end = () => patiently(saga, `retire ${agent}`, () => retireActivity(`retire ${agent}`).retireAgent(call));
  const first = await failureOf(end());
  const provider = providerActivities(previous.provider, previous.host, `remove ${agent}`);
  const removed = resourceCall(saga.input, previous.spec, previous);
  await patiently(saga, `remove ${agent}`, () => provider.destroyResource(removed));
  if (first !== null) await end();
}

/** Null: all of it is removed; else why it is given up. Its workflow is ended by force, so that it does not go on without a fleet. */
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
  const abandoned = await failureOf(fleetActivities(`give ${agent} up`).abandonAgent({ ...call, why }));
  return abandoned === null ? why : `${why}; ${abandoned}`;
}

function removal(
  { input }: Saga,
  previous: Previous,
  resources: ReturnType<typeof forgetfulActivities>['resources'],
): Promise<unknown> {
  return resources.destroyResource(resourceCall(input, previous.spec, previous));
}

function callOf({ input }: Saga, agent: string, mode: RetireCall['mode']): RetireCall {
  const { fleet, incarnation, revision } = input;
  return { fleet, agent, incarnation, revision: revision - 1, mode };
}

/** What a call failed with; null: it did not. */
async function failureOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    return errorBody(error).message;
  }
}
