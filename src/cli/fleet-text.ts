/** A fleet as people read it. */
import type { ChangeView, FleetDescription } from '../contract/fleet';
import type { TopologyView } from '../contract/topology';
import { colors, facts, table } from './output';
import { painted } from './paint';

/** What `describe fleet` prints: the fleet, its agents, and its topology drawn as text. */
export function fleetText(fleet: FleetDescription): string {
  const { change } = fleet;
  const lines = facts([
    ['Fleet', fleet.fleet],
    ['Revision', String(fleet.revision)],
    ['Holds', fleet.holds.map(({ name }) => name).join(', ') || '-'],
    ['Change', change ? changeLine(change) : '-'],
  ]);
  const agents = Object.entries(fleet.agents).map(([name, { resourceId, revision }]) => [
    name,
    resourceId ?? '-',
    String(revision),
  ]);
  const graph = fleet.topology ? ['', topologyText(fleet.topology)] : [];
  return [lines, '', table(['AGENT', 'RESOURCE', 'REVISION'], agents), ...graph].join('\n');
}

function changeLine({ revision, state, steps, error, compensation }: ChangeView): string {
  const ready = `${String(steps.ready)} of ${String(steps.total)} ready`;
  const undone =
    compensation === null ? '' : `, compensation ${compensation.state} (attempt ${String(compensation.attempt)})`;
  return `revision ${String(revision)} ${painted(colors())(state)}, ${ready}${undone}${error === null ? '' : `: ${error}`}`;
}

/** One line per node: where it may hand over to. */
function topologyText({ nodes, edges, rendezvous }: TopologyView): string {
  const rows = nodes.flatMap((node) => {
    const targets = edges.filter(({ from }) => from === node).map(({ to }) => to);
    return targets.length === 0
      ? []
      : [[node, `-> ${targets.join(', ')}`, rendezvous.includes(node) ? 'rendezvous' : '']];
  });
  return table(['NODE', 'HANDS OVER TO', ''], rows);
}
