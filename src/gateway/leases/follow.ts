/** Follows the feed, so that the memory of a gateway knows which agents have changed (docs/events.md). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentRef, Observed } from '../../client';

/** The reports to a follower of agents. */
export interface Follower {
  /** From here on every change is reported. */
  followed(): void;
  /** The agent has recorded an event, or one of it can no longer be read. */
  changed(ref: AgentRef): void;
  /** Changes are not reported until `followed` is called again. */
  unfollowed(error: unknown): void;
}

/** The events from now on, in lists; the first one comes once it listens. */
export type EventSource = (signal: AbortSignal) => AsyncIterable<readonly Observed[]>;

/** The pause before a feed that has ended is begun again. The feed itself outlasts outages of Temporal. */
const AGAIN_MS = 5_000;

/** Tells the follower of every agent that changes, until the signal aborts. Never rejects. */
export async function followAgents(
  source: EventSource,
  follower: Follower,
  signal: AbortSignal,
  againMs = AGAIN_MS,
): Promise<void> {
  while (!signal.aborted) {
    let isFirst = true;
    let why: unknown = null;
    try {
      for await (const batch of source(signal)) {
        if (isFirst) follower.followed();
        isFirst = false;
        for (const { workflowId } of batch) {
          const ref = agentOf(workflowId);
          if (ref !== null) follower.changed(ref);
        }
      }
    } catch (error) {
      why = error;
    }
    if (signal.aborted) return;
    follower.unfollowed(why);
    await sleep(againMs, undefined, { signal }).catch(() => undefined);
  }
}

function agentOf(workflowId: string): AgentRef | null {
  const [kind, fleet, agent, ...more] = workflowId.split('/');
  if (kind !== 'agent' || fleet === undefined || agent === undefined || more.length > 0) return null;
  return { fleet, agent };
}
