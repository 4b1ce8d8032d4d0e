/** The lists that every screen reads: each is fetched whole, and again when an event names its kind. */
import { signal, type Signal } from '@preact/signals';
import type { AgentListItem } from '../../contract/agent';
import type { FleetListItem } from '../../contract/fleet';
import type { PoolListItem } from '../../contract/pool';
import type { RunListItem } from '../../contract/run';
import { wallClockMs } from '../../lib/clock';
import type { WaitingItem } from '../../contract/run/inbox';
import { call, listAll } from './api';
import { coalesced } from './coalesced';

/** A list as it was read last. `readAt` is in epoch milliseconds; null before the first answer. */
export interface Read<T> {
  readonly items: readonly T[];
  readonly readAt: number | null;
  readonly problem: string | null;
}

/** A list with the way to read it again. */
export interface List<T> {
  readonly read: Signal<Read<T>>;
  refresh(): Promise<void>;
}

function listOf<T>(load: () => Promise<readonly T[]>): List<T> {
  const read = signal<Read<T>>({ items: [], readAt: null, problem: null });
  const refresh = coalesced(async () => {
    try {
      read.value = { items: await load(), readAt: wallClockMs(), problem: null };
    } catch (error) {
      read.value = { ...read.value, problem: error instanceof Error ? error.message : String(error) };
    }
  });
  return { read, refresh };
}

/** All agents. */
export const agents = listOf(() => listAll<AgentListItem>('/v1/agents'));
/** All fleets. */
export const fleets = listOf(() => listAll<FleetListItem>('/v1/fleets'));
/** All runs. */
export const runs = listOf(() => listAll<RunListItem>('/v1/runs'));
/** All pools. */
export const pools = listOf(() => listAll<PoolListItem>('/v1/pools'));
/** The items that wait for a person. */
export const inbox = listOf(async () => (await call<{ items: readonly WaitingItem[] }>('GET', '/v1/inbox')).items);

/** The lists by the first word of an event's type. */
const BY_KIND: Readonly<Record<string, readonly Pick<List<unknown>, 'refresh'>[]>> = {
  agent: [agents, fleets],
  change: [fleets, agents],
  fleet: [fleets],
  run: [runs, inbox],
  question: [runs, inbox],
  pool: [pools],
  subscription: [pools, agents],
};

/** Reads the lists that an event of this type concerns. */
export function refreshFor(type: string): void {
  for (const list of BY_KIND[type.split('.')[0] ?? ''] ?? []) void list.refresh();
}

/** Reads every list. */
export function refreshAll(): void {
  for (const list of [agents, fleets, runs, pools, inbox]) void list.refresh();
}
