/** The parts of requests that several calls share. */
import { z } from 'zod';
import { name, strict } from '../fields';

/** The path parameters of a call about an agent. */
export const ofAgent = strict({ fleet: name, agent: name });

/** The path parameters of a call about a fleet. */
export const ofFleet = strict({ fleet: name });

/** `true` or `false` in a query. */
export const flag = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .exactOptional()
  .meta({ described: { type: 'boolean' } });
/** A whole number in a query. */
export const number = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .exactOptional()
    // The query has digits, the handler receives a number.
    .meta({ described: { type: 'integer', minimum: min, maximum: max } });
/** The query of a list. */
export const paging = { pageSize: number(1, 1_000), pageToken: z.string().max(2_000).exactOptional() };
