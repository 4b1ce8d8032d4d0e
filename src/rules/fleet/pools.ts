/** The pools that a fleet's file describes, and what their workflows have been told of it. */
import type { PoolsCall } from '../../contract/activities';
import type { FleetSpec } from '../../contract/fleet';
import { type FleetState, isChanging } from './state';
import { differingFields } from './plan';

/** What the pools have to be told now; null: they know. Before its change has ended, a fleet leaves none of its pools. */
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

/** The pools have been told. */
export function poolsTold(state: FleetState, { pools, left, notify }: PoolsCall): FleetState {
  const gone = [...left, ...pools.map(({ pool }) => pool)];
  return {
    ...state,
    told: { pools: [...state.told.pools.filter(({ pool }) => !gone.includes(pool)), ...pools], notify },
  };
}

/** The fleet that knows its pools without these: one that is gone knows nothing any more, and is told again. */
export function withoutPools<T extends Pick<FleetState, 'told'>>(state: T, isGone: (pool: string) => boolean): T {
  const { told } = state;
  const pools = told.pools.filter(({ pool }) => !isGone(pool));
  return pools.length === told.pools.length ? state : { ...state, told: { ...told, pools } };
}

function wantedSpec(state: FleetState): FleetSpec {
  return isChanging(state) && state.change ? state.change.spec : state.spec;
}
