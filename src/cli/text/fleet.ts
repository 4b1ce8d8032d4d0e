/** Text of a fleet for people. */
import type { LostParts } from '../../contract/ends';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import type { ChangeView, FleetDescription } from '../../contract/fleet';
import { lostText } from '../../rules/lib/ends';
import { colors, facts, table } from '../lib/output';
import { painted } from './paint';
import { topologyText } from './topology';
import { troubleFacts, untoldFacts } from './trouble';
import { usageFacts } from './usage';

/** The text of `describe fleet`: the fleet, its agents, and its topology drawn as text. */
export function fleetText(fleet: FleetDescription): string {
  const { change } = fleet;
  const lines = facts([
    ['Fleet', fleet.fleet],
    ['Revision', String(fleet.revision)],
    ['Holds', fleet.holds.map(({ name }) => name).join(', ') || '-'],
    ...untoldFacts(fleet.untold),
    ...troubleFacts(fleet.troubles),
    ...usageFacts(fleet.usage),
    ['Change', change ? changeLine(change) : '-'],
    ...(change?.compensation ? [['Compensation', compensationLine(change.compensation)] as const] : []),
  ]);
  const agents = Object.entries(fleet.agents).map(([name, { resourceId, revision }]) => [
    name,
    resourceId ?? '-',
    String(revision),
  ]);
  const gone = goneLines(fleet.lost);
  const graph = fleet.topology ? ['', topologyText(fleet.topology)] : [];
  return [...gone, lines, '', table(['AGENT', 'RESOURCE', 'REVISION'], agents, ['REVISION']), ...graph].join('\n');
}

/** The first lines of `describe fleet`: what is gone, if anything. */
function goneLines({ agents, pools }: LostParts): string[] {
  const lines = [
    ...Object.entries(agents).map(([agent, end]) => `agent ${agent} is gone: ${lostText(end)}`),
    ...Object.entries(pools).map(([pool, end]) => `pool ${pool} is gone: ${lostText(end)}`),
  ];
  return lines.length === 0 ? [] : [...lines, "apply the fleet's file again to recreate it (drover apply)", ''];
}

function changeLine({ revision, state, steps, error }: ChangeView): string {
  const ready = `${String(steps.ready)} of ${String(steps.total)} ready`;
  return `revision ${String(revision)} ${painted(colors())(state)}, ${ready}${error === null ? '' : `: ${oneLine(error, SHORT_BYTES)}`}`;
}

/** The state of a compensation, its attempts, and what is not undone, with errors. */
function compensationLine({ state, attempt, metrics, entries }: NonNullable<ChangeView['compensation']>): string {
  const { started, completed, failed } = metrics;
  const counts = [`${String(started)} started`, `${String(completed)} completed`, `${String(failed)} failed`].join(
    ', ',
  );
  const left = entries
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ name, error }) => `${name} (${error ?? 'no reason known'})`);
  const rest = left.length === 0 ? '' : `; not undone: ${left.join(', ')}`;
  return `${painted(colors())(state)}, attempt ${String(attempt)} (${counts})${rest}`;
}
