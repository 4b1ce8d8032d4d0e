/** Which replica of a service takes the next turn of a scripted run or of a simulation. */
import { replicaName } from '../../contract/names';
import type { ScriptedTurn } from './script';

/** The turns in flight of every replica of one run. */
export interface Replicas {
  /** The agent that takes a turn of this node: itself, or the least busy replica. Null: the service has none. */
  begin(node: string): string | null;
  /** The agent's turn has ended. */
  end(agent: string): void;
}

/** Create one per run. Of equally busy replicas, the one with the lowest number takes the turn. */
export function createReplicas(services: Readonly<Record<string, number>>): Replicas {
  const busy = new Map<string, number>();
  const turnsOf = (agent: string): number => busy.get(agent) ?? 0;
  return {
    begin(node) {
      if (!Object.hasOwn(services, node)) return node;
      const names = Array.from({ length: services[node] ?? 0 }, (_, index) => replicaName(node, index + 1));
      const [first, ...others] = names;
      if (first === undefined) return null;
      const chosen = others.reduce((least, name) => (turnsOf(name) < turnsOf(least) ? name : least), first);
      busy.set(chosen, turnsOf(chosen) + 1);
      return chosen;
    },
    end(agent) {
      if (busy.has(agent)) busy.set(agent, turnsOf(agent) - 1);
    },
  };
}

/** The error of a turn that no replica takes, with the answers of some of them. */
export function noReplica(node: string, refusals: readonly string[] = []): string {
  const why = refusals.slice(0, REFUSALS_SHOWN).join('; ');
  return `${node} has no replica that takes turns${why === '' ? '' : ` (${why})`}`;
}

/** A thousand replicas would say the same. */
const REFUSALS_SHOWN = 3;

/** The turn of a service without replicas: it fails at once. */
export function withoutReplica(node: string): Pick<ScriptedTurn, 'outcome' | 'delayMs'> {
  return { outcome: { error: { code: 'AgentUnavailable', message: noReplica(node) } }, delayMs: 0 };
}
