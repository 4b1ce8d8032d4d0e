/** What lists do not know of agents: read from the view of each agent that is in sight. */
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { AgentView } from '../../contract/agent';
import { call } from './api';
import { coalesced } from './coalesced';
import { eventCount } from './live';

/** What is known of agents by name; an agent that is absent is unknown. */
export type Looks = ReadonlyMap<string, AgentView>;

/** Each agent costs a query of its workflow. */
const MOST_AGENTS = 50;
/** So that a flood of events costs 25 queries a second at most. */
const PAUSE_MS = 2_000;

/** Looks at these agents of a fleet: when they come into sight, and after events. */
export function useLooks(fleet: string, names: readonly string[]): Looks {
  const looks = useSignal<Looks>(new Map());
  const inSight = useRef(names);
  inSight.current = names;
  const read = useMemo(
    () =>
      coalesced(async () => {
        const found = await Promise.all(inSight.current.slice(0, MOST_AGENTS).map((name) => lookAt(fleet, name)));
        looks.value = new Map(found.flatMap((view) => (view === null ? [] : [[view.name, view] as const])));
      }, PAUSE_MS),
    [fleet],
  );
  // A read of no agent would only begin a pause.
  const look = (): void => {
    if (inSight.current.length > 0) void read();
  };
  useSignalEffect(() => {
    void eventCount.value;
    look();
  });
  useEffect(look, [names.join()]);
  return looks.value;
}

/** Null: the agent does not answer, so that nothing is known of it. */
function lookAt(fleet: string, name: string): Promise<AgentView | null> {
  return call<AgentView>('GET', `/v1/agents/${fleet}/${name}`).catch(() => null);
}

/** When the agent last beat; null: unknown, as after beats at another gateway, which its workflow does not receive. */
export function lastBeatOf({ lastBeatAt, heldBy, lastProofAt }: AgentView): string | null {
  return lastBeatAt ?? (heldBy === undefined ? lastProofAt : null);
}
