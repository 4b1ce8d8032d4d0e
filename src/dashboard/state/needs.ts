/** The objects that need a person, from the lists: the badge counts exactly these. */
import type { AgentListItem } from '../../contract/agent';
import type { FleetListItem } from '../../contract/fleet';
import type { WaitingItem } from '../../contract/run/inbox';
import type { PoolListItem } from '../../contract/pool';
import { plainText } from '../../contract/text';

/** One thing to look at. `since` in ISO 8601, null if it is not known. */
export interface Need {
  readonly id: string;
  readonly what:
    'agent failed' | 'agent offline' | 'no answer' | WaitingItem['kind'] | 'pool used up' | 'change failed';
  readonly subject: string;
  readonly why: string;
  readonly since: string | null;
  /** The screen to go to, as a path. */
  readonly path: readonly string[];
  /** The item that waits for an answer; absent for everything else. */
  readonly item?: WaitingItem;
}

/** The lists behind it. */
export interface Lists {
  readonly agents: readonly AgentListItem[];
  readonly fleets: readonly FleetListItem[];
  readonly pools: readonly PoolListItem[];
  readonly inbox: readonly WaitingItem[];
}

/** Everything that needs a person, questions first, then by name. */
export function needsOf({ agents, fleets, pools, inbox }: Lists): Need[] {
  return [
    ...inbox.map(needOfItem),
    ...agents.flatMap(needOfAgent),
    ...fleets.flatMap(needOfFleet),
    ...pools.flatMap(needOfPool),
  ];
}

function needOfItem(item: WaitingItem): Need {
  const { id, kind, fleet, run, agent, prompt, askedAt, isExpired } = item;
  const asks = `${agent} asks: ${plainText(prompt)}`;
  const why = isExpired ? `its deadline has passed; ${asks}` : asks;
  return { id: `item ${id}`, what: kind, subject: `${fleet}/${run}`, why, since: askedAt, path: ['inbox'], item };
}

function needOfAgent({ fleet, name, phase, liveness, why, since, problem }: AgentListItem): Need[] {
  const subject = `${fleet}/${name}`;
  const common = { id: `agent ${subject}`, subject, since, path: ['agents', fleet, name] };
  if (problem !== null) return [{ ...common, what: 'no answer', why: problem }];
  if (phase === 'failed') return [{ ...common, what: 'agent failed', why: why ?? 'no reason is known' }];
  const isOffline = liveness === 'offline' && phase === 'running';
  return isOffline ? [{ ...common, what: 'agent offline', why: why ?? 'it has stopped beating' }] : [];
}

/** The meaning of a failed change's states for the person. */
const CHANGES: Readonly<Record<string, string>> = {
  failed: 'its last change failed and left something behind: undo it again, or destroy the fleet',
  rolled_back: 'its last change failed and was undone',
  kept: 'its last change failed, and what it made was kept',
};

function needOfFleet({ fleet, state, problem }: FleetListItem): Need[] {
  const common = { id: `fleet ${fleet}`, subject: fleet, since: null, path: ['fleets', fleet] };
  if (problem !== null) return [{ ...common, what: 'no answer', why: problem }];
  const why = CHANGES[state];
  return why === undefined ? [] : [{ ...common, what: 'change failed', why }];
}

function needOfPool({ pool, exhaustedUntil, problem }: PoolListItem): Need[] {
  const common = { id: `pool ${pool}`, subject: pool, since: null, path: ['pools'] };
  if (problem !== null) return [{ ...common, what: 'no answer', why: problem }];
  if (exhaustedUntil === null) return [];
  return [
    { ...common, what: 'pool used up', why: `every credential is cooling down, the first until ${exhaustedUntil}` },
  ];
}
