/** Calls for fleets. */
import type { DroverClient } from '../../client';
import { checkFleetFile, checkFleetSpec, type Checked } from '../../client/fleets/fleet-validation';
import { DroverError } from '../../contract/errors';
import type { FleetSpec } from '../../contract/fleet';
import { onlyFleetsOf, originOf } from '../access/caller';
import type { Handlers } from '../calls';
import { pointerOf } from '../requests';

type FleetCalls =
  | 'listFleets'
  | 'describeFleet'
  | 'applyFleet'
  | 'scaleFleet'
  | 'destroyFleet'
  | 'cancelChange'
  | 'compensateFleet'
  | 'pauseFleet'
  | 'resumeFleet';

/** Handlers over the client. */
export function fleetHandlers({ fleets }: DroverClient): Handlers<FleetCalls> {
  return {
    listFleets: ({ query: { pageSize, pageToken }, request }) =>
      fleets.list({ ...onlyFleetsOf(request), ...(pageSize && { pageSize }), ...(pageToken && { pageToken }) }),
    describeFleet: ({ params }) => fleets.describe(params.fleet),
    applyFleet: async ({ params, query, body, idempotencyKey, request, reply }) => {
      const applied = await fleets.apply(params.fleet, {
        spec: specOf(params.fleet, body),
        ...query,
        ...originOf(request, idempotencyKey),
      });
      if (applied.changeId === null) reply.status(200);
      return applied;
    },
    scaleFleet: async ({ params, query, body, idempotencyKey, request, reply }) => {
      const scaled = await fleets.scale(params.fleet, { ...body, ...query, ...originOf(request, idempotencyKey) });
      if (scaled.changeId === null) reply.status(200);
      return scaled;
    },
    destroyFleet: ({ params, query, idempotencyKey, request }) =>
      fleets.destroy(params.fleet, { ...query, ...originOf(request, idempotencyKey) }),
    cancelChange: ({ params, body, idempotencyKey, request }) =>
      fleets.cancel(params.fleet, { ...body, ...originOf(request, idempotencyKey) }),
    compensateFleet: ({ params, body, idempotencyKey, request }) =>
      fleets.compensate(params.fleet, { ...body, ...originOf(request, idempotencyKey) }),
    pauseFleet: ({ params, body, idempotencyKey, request }) =>
      fleets.pause(params.fleet, { ...body, ...originOf(request, idempotencyKey) }),
    resumeFleet: ({ params, body, idempotencyKey, request }) =>
      fleets.resume(params.fleet, { ...body, ...originOf(request, idempotencyKey) }),
  };
}

/**
 * The specification in a body: of a whole fleet file, whose name must match the path, or of
 * `{spec}`.
 */
function specOf(fleet: string, body: unknown): FleetSpec {
  if (typeof body !== 'object' || body === null || !('kind' in body)) {
    const spec: unknown = typeof body === 'object' && body !== null && 'spec' in body ? body.spec : undefined;
    return accepted(checkFleetSpec(spec), ['spec']);
  }
  const file = accepted(checkFleetFile(body), []);
  if (file.metadata.name === fleet) return file.spec;
  throw new DroverError(
    'InvalidFleet',
    `the body names the fleet ${file.metadata.name}, the path ${fleet}; use the same name in both`,
    {
      errors: [{ pointer: '/metadata/name', detail: `expected ${fleet}` }],
    },
  );
}

function accepted<T>(checked: Checked<T>, under: readonly string[]): T {
  if (checked.ok) return checked.value;
  const errors = checked.problems.map(({ path, message }) => ({
    pointer: pointerOf([...under, ...path]),
    detail: message,
  }));
  throw new DroverError(
    'InvalidFleet',
    errors.map(({ pointer, detail }) => `${pointer || 'the body'}: ${detail}`).join('; '),
    { errors },
  );
}
