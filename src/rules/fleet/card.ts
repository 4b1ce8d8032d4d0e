/** The card of a fleet in Temporal's Web UI. */
import type { Trouble } from '../../contract/trouble';
import { changeCard } from '../change/card';
import { type FleetState } from './state';
import { untoldAgents } from './hold-rounds';
import { inline } from '../lib/markdown';
import { ignoredLines, troubleLines } from '../lib/troubles';

/** Markdown for `setCurrentDetails`. */
export function fleetCard(state: FleetState, troubles: readonly Trouble[]): string {
  const { fleet, revision, agents, holds, holdsDue, change, ignored } = state;
  const names = Object.keys(agents);
  const held = holds.map(({ name, reason }) => (reason === null ? name : `${name} ("${inline(reason)}")`)).join(', ');
  return [
    `**Fleet ${fleet}**, revision ${String(revision)}, ${String(names.length)} agents${held === '' ? '' : `, held by ${held}`}`,
    '',
    ...(holdsDue ? [`${String(untoldAgents(state).length)} agents have not applied the current holds yet`, ''] : []),
    ...troubleLines(troubles),
    ...ignoredLines(ignored),
    ...(change === null ? [] : ['', changeCard(change.view)]),
  ].join('\n');
}
