/**
 * The version of the input of a `provision` workflow, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import type { ProvisionInput } from '../../contract/fleet';
import { migrations } from '../lib/migrations';

/** Reads and lifts the input of a `provision` workflow. */
export const PROVISION_INPUT = migrations<ProvisionInput['v']>(
  'provision',
  1,
  [],
  'what its fleet sends; a person sends the update apply to the fleet',
);
