/** Fleets and their changes. */
import { z } from 'zod';
import { PROVIDERS } from '../../agent';
import type { WorkflowEnd } from '../../ends';
import { AGENT_STEPS, type ChangeView, type FleetListItem, type FleetView, type PlanResult } from '../../fleet';
import { fleetSpecSchema } from '../fleet-file';
import { compensation } from './compensation';
import { changeKind, changeState, hold, problem, time, troubles, usage } from './parts';

/** The answer to an `apply`: the accepted change, or the plan of a dry run. */
export const applyResultSchema = z.object({
  revision: z.int(),
  changes: z.array(
    z.object({ kind: changeKind, agent: z.string(), fields: z.array(z.string()), why: z.string().exactOptional() }),
  ),
  settings: z.array(z.string()),
  pools: z.array(z.object({ pool: z.string(), why: z.string() })).exactOptional(),
  changeId: z.string().nullable(),
  ids: z.record(z.string(), z.string()).exactOptional(),
  differences: z
    .array(
      z.object({
        agent: z.string().nullable(),
        field: z.string(),
        old: z.string().nullable(),
        new: z.string().nullable(),
      }),
    )
    .exactOptional(),
  unmet: z
    .array(z.object({ agent: z.string(), why: z.string(), code: z.literal('Forbidden').exactOptional() }))
    .exactOptional(),
  unchecked: z.array(z.string()).exactOptional(),
}) satisfies z.ZodType<PlanResult>;

const count = z.int().nonnegative();

/** The compensation of a change, with its audit and counts. */
const countedCompensation = compensation.extend({
  metrics: z.object({
    planned: count,
    started: count,
    completed: count,
    failed: count,
    refused: z.record(z.string(), count),
  }),
});

/** The view of a change. */
export const changeViewSchema = z.object({
  changeId: z.string(),
  revision: z.int(),
  state: changeState,
  steps: z.object({ created: z.int(), woken: z.int(), ready: z.int(), total: z.int() }),
  compensation: countedCompensation.nullable(),
  error: z.string().nullable(),
  code: z.literal('Forbidden').exactOptional(),
  agents: z.array(
    z.object({
      agent: z.string(),
      kind: changeKind,
      step: z.enum(AGENT_STEPS),
      error: z.string().nullable(),
    }),
  ),
  ids: z.record(z.string(), z.string()),
  troubles,
  forgotten: z
    .array(
      z.object({
        agent: z.string(),
        provider: z.enum(PROVIDERS),
        resourceId: z.string().nullable(),
        key: z.string(),
        why: z.string(),
      }),
    )
    .exactOptional(),
}) satisfies z.ZodType<ChangeView>;

const workflowEnd = z.object({
  how: z.enum(['completed', 'failed', 'cancelled', 'terminated', 'timed_out', 'missing']),
  at: time.nullable(),
  by: z.string().nullable(),
  reason: z.string().nullable(),
}) satisfies z.ZodType<WorkflowEnd>;

/** The view of a fleet. */
export const fleetViewSchema = z.object({
  fleet: z.string(),
  incarnation: z.string(),
  revision: z.int(),
  change: changeViewSchema.nullable(),
  holds: z.array(hold),
  agents: z.record(
    z.string(),
    z.object({
      resourceId: z.string().nullable(),
      revision: z.int(),
      doubt: z.enum(['spec', 'resource']).exactOptional(),
    }),
  ),
  spec: fleetSpecSchema,
  usage,
  untold: z.array(z.object({ agent: z.string(), why: z.string().nullable() })).exactOptional(),
  troubles,
  topology: z
    .object({
      nodes: z.array(z.string()),
      edges: z.array(z.object({ from: z.string(), to: z.string() })),
      rendezvous: z.array(z.string()),
    })
    .nullable()
    .exactOptional(),
  lost: z
    .object({ agents: z.record(z.string(), workflowEnd), pools: z.record(z.string(), workflowEnd) })
    .exactOptional(),
  // The schema of the specification allows `undefined` for absent fields, which is the same in
  // JSON.
}) satisfies z.ZodType<Omit<FleetView, 'spec'>>;

/** A fleet in a list. */
export const fleetListItemSchema = z.object({
  fleet: z.string(),
  revision: z.int(),
  state: z.enum([...changeState.options, 'changing']),
  agents: z.int(),
  ready: z.int(),
  holds: z.array(z.string()),
  usage,
  problem,
}) satisfies z.ZodType<FleetListItem>;
