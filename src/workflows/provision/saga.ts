/** The state that the parts of a `provision` workflow share, with small helpers. */
import type { AgentReport, AgentSpec, Hold } from '../../contract/agent';
import type { ResourceCall } from '../../contract/activities';
import type { OwnedAgent, ProvisionInput } from '../../contract/fleet';
import { breaksOff, type ChangeRun } from '../../rules/change/run';
import type { Supervisor } from '../shared/supervise';

/** A running change. `run` is replaced as a whole, never changed in place. */
export interface Saga {
  readonly input: ProvisionInput;
  readonly supervisor: Supervisor;
  run: ChangeRun;
  /** The latest report of each agent. */
  readonly reports: Record<string, AgentReport>;
  /** Agents whose create was refused at the first attempt, so no late create is possible. */
  readonly refused: Record<string, true>;
  /** The fleet's latest holds, with which new agents start. */
  holds: readonly Hold[];
  /** Sends the holds to the running part of a change in parts; null while no part runs. */
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

/** Works on the items in order, at most `limit` at a time, until all are done or `isOver`. The work handles its own failures. */
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

/** Retries a call with an unknown outcome until the change breaks off. */
export function patiently<T>(saga: Saga, what: string, call: () => Promise<T>): Promise<T> {
  return saga.supervisor.patiently(what, call, () => breaksOff(saga.run));
}
