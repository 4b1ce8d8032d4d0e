/**
 * The version of the input of a fleet's workflow, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import { migrations } from '../lib/migrations';
import type { CarriedFleet } from './state';

/** Reads and lifts the input of a fleet's workflow. */
export const FLEET_INPUT = migrations<CarriedFleet['v']>('fleet', 1, [], '{v: 1, fleet}');
