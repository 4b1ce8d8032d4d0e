/** The plan that a fleet gives to its runs: the topology, and the webhooks for their end. */
import { DroverError } from '../../contract/errors';
import type { FleetView } from '../../contract/fleet';
import type { RunPlan } from '../../contract/run';
import { servicesOf } from '../../rules/fleet/spec/replicas';

/**
 * The plan for a run of the fleet. A fleet adopts its file at the end of a change, so it has no
 * topology before its first change ends: `ChangeInProgress` until then, and `InvalidRequest` for a
 * fleet that has none.
 */
export function runPlanOf({ fleet, spec, change }: FleetView): RunPlan {
  if (!spec.topology && change?.state === 'running') {
    const { changeId, revision } = change;
    throw new DroverError(
      'ChangeInProgress',
      `fleet ${fleet} has no topology yet: its revision ${String(revision)} is still being made; ` +
        `wait for that (drover describe fleet ${fleet} --watch, or drover apply --wait) and run the task again`,
      { changeId, revision },
    );
  }
  if (!spec.topology) {
    throw new DroverError(
      'InvalidRequest',
      `fleet ${fleet} has no topology, so it cannot run tasks; add spec.topology to its file`,
      { fleet },
    );
  }
  const topology = { ...spec.topology, agents: spec.topology.agents ?? spec.agents.map(({ name }) => name) };
  const services = servicesOf(spec);
  return {
    topology,
    ...(services && { services }),
    ...(spec.notify && { notify: spec.notify }),
    ...(spec.inbox && { inbox: spec.inbox }),
  };
}
