/** The pools of a fleet file, and the messages that their workflows have received. */
import type { PoolsCall } from '../../contract/activities';
import type { FleetSpec } from '../../contract/fleet';
import { type FleetState, isChanging } from './state';
import { differingFields } from './plan/plan';

/**
 * The message that is due to the pools; null: they are up to date. A fleet leaves no pool before
 * its change has ended.
 */
export function duePools(state: FleetState): PoolsCall | null {
  const { fleet, told } = state;
  const { subscriptions = [], notify = [] } = wantedSpec(state);
  const names = subscriptions.map(({ pool }) => pool);
  const left = isChanging(state) ? [] : told.pools.map(({ pool }) => pool).filter((pool) => !names.includes(pool));
  const anew = subscriptions.length > 0 && differingFields(told.notify, notify).length > 0;
  const pools = subscriptions.filter((spec) => {
    const known = told.pools.find(({ pool }) => pool === spec.pool);
    return anew || differingFields(known, spec).length > 0;
  });
  return pools.length === 0 && left.length === 0 ? null : { fleet, pools, left, notify };
}

/** Records that the pools have received the message. */
export function markPoolsTold(state: FleetState, { pools, left, notify }: PoolsCall): FleetState {
  const gone = [...left, ...pools.map(({ pool }) => pool)];
  return {
    ...state,
    told: { pools: [...state.told.pools.filter(({ pool }) => !gone.includes(pool)), ...pools], notify },
  };
}

/** Forgets the messages of lost pools, so that they receive them again. */
export function withoutPools<T extends Pick<FleetState, 'told'>>(state: T, isGone: (pool: string) => boolean): T {
  const { told } = state;
  const pools = told.pools.filter(({ pool }) => !isGone(pool));
  return pools.length === told.pools.length ? state : { ...state, told: { ...told, pools } };
}

function wantedSpec(state: FleetState): FleetSpec {
  const { change } = state;
  // Before its check, a change may still be refused, and then nothing was touched.
  const isBegun = isChanging(state) && change !== null && change.step !== 'place' && change.step !== 'check';
  return isBegun ? change.spec : state.spec;
}
