/** The messages of a lease's workflow. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import { DESCRIBE } from '../names';
import type { LeaseView, RenewLease } from './index';

export const describeLease = defineQuery<LeaseView>(DESCRIBE);

export const renewLease = defineSignal<[RenewLease]>('renew');
