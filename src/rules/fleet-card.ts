/** A fleet as the card in Temporal's Web UI: a few lines of Markdown. */
import { changeCard } from './change-card';
import type { FleetState } from './fleet-state';

/** Markdown for `setCurrentDetails`. */
export function fleetCard({ fleet, revision, agents, holds, change, ignored }: FleetState): string {
  const names = Object.keys(agents);
  const held = holds.map(({ name, reason }) => (reason === null ? name : `${name} ("${reason}")`)).join(', ');
  return [
    `**Fleet ${fleet}**, revision ${String(revision)}, ${String(names.length)} agents${held === '' ? '' : `, held by ${held}`}`,
    ...(ignored === 0 ? [] : [`${String(ignored)} messages could not be read and changed nothing`]),
    ...(change === null ? [] : ['', changeCard(change.view)]),
  ].join('\n');
}
