/**
 * The version of the input of an agent's workflow, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import { migrations } from '../../lib/migrations';
import { AGENT_START } from '../messages';
import type { CarriedAgent } from '../state';

/** Reads and lifts the input of an agent's workflow. */
export const AGENT_INPUT = migrations<CarriedAgent['v']>('agent', 1, [], AGENT_START);
