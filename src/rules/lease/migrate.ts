/**
 * The version of the input of a lease's workflow, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import type { LeaseInput } from '../../contract/lease';
import { migrations } from '../lib/migrations';

/** Reads and lifts the input of a lease's workflow. */
export const LEASE_INPUT = migrations<LeaseInput['v']>('lease', 1, [], '{v: 1, instance, shard, epoch}');
