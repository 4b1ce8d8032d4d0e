/** The calls about fleets and their changes. */
import { z } from 'zod';
import { FLEET_LIMITS } from '../../values/patterns';
import { name, reason, strict } from '../fields';
import { fleetFileSchema, fleetSpecSchema } from '../fleet-file';
import * as views from '../views';
import type { Call } from './call';
import { flag, number, ofFleet, paging } from './parts';

/** Fleets and their changes. */
export const fleetCalls = {
  listFleets: {
    method: 'GET',
    path: '/v1/fleets',
    summary: 'Fleets, from the visibility store: eventually consistent',
    access: 'viewer',
    scope: 'filtered',
    query: strict(paging),
    answer: views.page(views.fleetListItemSchema),
  },
  describeFleet: {
    method: 'GET',
    path: '/v1/fleets/{fleet}',
    summary: 'One fleet with its specification and its latest change, from its own workflow',
    access: 'viewer',
    params: ofFleet,
    answer: views.fleetViewSchema,
  },
  applyFleet: {
    method: 'PUT',
    path: '/v1/fleets/{fleet}',
    summary:
      'Make the fleet what the file says, a new one too; 202 with the change that has begun, 200 if nothing differs',
    access: 'admin',
    params: ofFleet,
    query: strict({ dryRun: flag, expectRevision: number(0, 999_999_999) }),
    body: z.union([fleetFileSchema, strict({ spec: fleetSpecSchema })]),
    ownCheck: true,
    keyed: true,
    answer: views.applyResultSchema,
    statuses: [202, 200],
  },
  destroyFleet: {
    method: 'DELETE',
    path: '/v1/fleets/{fleet}',
    summary: 'Remove every agent of the fleet, then the fleet; with `forget`, what cannot be removed is given up',
    access: 'admin',
    params: ofFleet,
    query: strict({ forget: flag }),
    keyed: true,
    answer: views.applyResultSchema,
    statuses: [202],
  },
  scaleFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/scale',
    summary: 'Give an agent with replicas another number of them: a change like any other',
    access: 'admin',
    params: ofFleet,
    query: strict({ dryRun: flag, expectRevision: number(0, 999_999_999) }),
    body: strict({ agent: name, replicas: z.int().min(0).max(FLEET_LIMITS.agents) }),
    keyed: true,
    answer: views.applyResultSchema,
    statuses: [202, 200],
  },
  cancelChange: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/cancel',
    summary: 'Stop the running change and undo it; 409 if no change runs, or if another one runs',
    access: 'admin',
    params: ofFleet,
    body: strict({
      changeId: z.string().max(200).exactOptional(),
      revision: z.int().min(1).max(999_999_999).exactOptional(),
      reason: reason.exactOptional(),
    }),
    keyed: true,
    bodyOptional: true,
    answer: views.changeViewSchema,
    statuses: [202],
  },
  compensateFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/compensate',
    summary: 'Undo a failed change once more, if its undo had failed or it was kept; 409 if nothing is left to undo',
    access: 'admin',
    params: ofFleet,
    body: strict({
      attempt: z.int().min(1).max(999_999_999).exactOptional(),
      revision: z.int().min(0).max(999_999_999).exactOptional(),
    }),
    keyed: true,
    bodyOptional: true,
    answer: views.fleetViewSchema,
    statuses: [202],
  },
  pauseFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/pause',
    summary: 'Hold every agent of the fleet, also those that are added while it is paused',
    access: 'operator',
    params: ofFleet,
    body: strict({ reason: reason.exactOptional(), wait: z.boolean().exactOptional() }),
    keyed: true,
    bodyOptional: true,
    answer: views.fleetViewSchema,
  },
  resumeFleet: {
    method: 'POST',
    path: '/v1/fleets/{fleet}/resume',
    summary: 'Release that hold and no other',
    access: 'operator',
    params: ofFleet,
    body: strict({ wait: z.boolean().exactOptional() }),
    keyed: true,
    bodyOptional: true,
    answer: views.fleetViewSchema,
  },
} as const satisfies Record<string, Call>;
