/** The messages of a lease's workflow. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import { DESCRIBE } from '../names';
import type { LeaseView, RenewLease } from './index';

/** The query for a lease's view. */
export const describeLease = defineQuery<LeaseView>(DESCRIBE);

/** The signal by which a gateway renews its lease. */
export const renewLease = defineSignal<[RenewLease]>('renew');
