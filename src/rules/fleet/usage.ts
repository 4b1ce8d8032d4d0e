/** The usage of ended agents. */
import type { UsageLeft } from '../../contract/fleet';
import { sumOfUsage } from '../lib/turn/usage';
import type { FleetState } from './state';

/** A repeated signal comes within seconds; an agent of a fleet has a key of its own. */
const KEYS_KEPT = 1_000;

/** The state with the usage of one more ended agent; unchanged for a repeat. */
export function addUsageLeft(state: FleetState, { key, usage }: UsageLeft): FleetState {
  const { left, keys = [] }: Partial<NonNullable<FleetState['usage']>> = state.usage ?? {};
  if (keys.includes(key)) return state;
  return { ...state, usage: { left: sumOfUsage([left, usage]) ?? usage, keys: [...keys, key].slice(-KEYS_KEPT) } };
}
