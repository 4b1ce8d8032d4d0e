/** The calls of machines that watch a gateway. */
import { z } from 'zod';
import type { Call } from './call';

/** Health, description and metrics. */
export const machineCalls = {
  healthz: {
    method: 'GET',
    path: '/healthz',
    summary: 'The gateway runs, and for how many milliseconds it has been able to pass beats on',
    access: 'public',
    answer: z.object({ status: z.literal('ok'), listeningMs: z.int().min(0) }),
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    summary: 'The gateway reaches Temporal, which can write',
    access: 'public',
    answer: z.object({ status: z.literal('ready'), warnings: z.array(z.string()).exactOptional() }),
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    access: 'public',
    answer: z.record(z.string(), z.unknown()),
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary: "Numbers in Prometheus's text format",
    access: 'public',
    answer: z.string(),
    produces: 'text/plain',
  },
} as const satisfies Record<string, Call>;
