/**
 * The version of the input of a pool's workflow, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import type { PoolInput } from '../../contract/pool';
import { migrations } from '../lib/migrations';

/** Reads and lifts the input of a pool's workflow. */
export const POOL_INPUT = migrations<PoolInput['v']>(
  'pool',
  1,
  [],
  '{v: 1, pool, credentials, skipFor?, fleet?, notify?}',
);
