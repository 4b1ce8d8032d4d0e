/** What the parts of a `provision` workflow share: the one owner of its state, and small helpers around it. */
import type { AgentReport, AgentSpec, Hold } from '../../contract/agent';
import type { ResourceCall } from '../../contract/activities';
import type { OwnedAgent, ProvisionInput } from '../../contract/fleet';
import { breaksOff, type ChangeRun } from '../../rules/change/run';
import type { Supervisor } from '../shared/supervise';

/** A change under way. `run` is exchanged, never changed in place. */
export interface Saga {
  readonly input: ProvisionInput;
  readonly supervisor: Supervisor;
  run: ChangeRun;
  /** What agents have reported, the latest of each. */
  readonly reports: Record<string, AgentReport>;
  /** Agents whose create was refused at the first attempt: nothing of it can land late. */
  readonly refused: Record<string, true>;
  /** What agents are born with: the fleet's holds as it has told them last. */
  holds: readonly Hold[];
  /** Tells the part that runs at the moment, where the change is carried out in parts. */
  tellPart: ((holds: readonly Hold[]) => Promise<unknown>) | null;
}

/** A call about one agent's resource. */
export function resourceCall(input: ProvisionInput, spec: AgentSpec, owned: OwnedAgent): ResourceCall {
  const { resourceId, key, host, provider } = owned;
  return {
    fleet: input.fleet,
    agent: spec.name,
    provider,
    spec,
    resourceId,
    key,
    ...(host === undefined ? {} : { host }),
  };
}

/** Works on the items in their order, at most `limit` at a time, until they are through or `isOver`. The work handles its own failures. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  isOver: () => boolean,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined && !isOver(); item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}

/** What nobody has answered says nothing of the agent, and is asked again until the change breaks off. */
export function patiently<T>(saga: Saga, what: string, call: () => Promise<T>): Promise<T> {
  return saga.supervisor.patiently(what, call, () => breaksOff(saga.run));
}
