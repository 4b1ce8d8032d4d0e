/**
 * The version of the input of a `notify` workflow, with the lift from each earlier one
 * (docs/upgrading.md).
 */
import type { NotifyInput } from '../../contract/event';
import { migrations } from '../lib/migrations';

/** Reads and lifts the input of a `notify` workflow. */
export const NOTIFY_INPUT = migrations<NotifyInput['v']>('notify', 1, [], '{v: 1, event, target}');
