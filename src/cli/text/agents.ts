/** The table of `get agents`. */
import type { AgentListItem, AgentView } from '../../contract/agent';
import { labelsText } from '../../contract/agent/labels';
import { colors, table } from '../lib/output';
import { age } from './age';
import { painted } from './paint';
import { usageColumn } from './usage';

/** An agent of the list, with its own answer if it was asked and has answered. */
export interface AgentRow extends AgentListItem {
  readonly view?: AgentView;
}

/** The agent as it says itself; visibility is about a second older. */
export function agentRow(item: AgentListItem, view: AgentView | null): AgentRow {
  if (view === null || item.problem !== null) return item;
  const { status, phase, runtime, liveness, restarts, why } = view;
  return { ...item, status, phase, runtime, liveness, restarts, why, view };
}

const HEAD = ['NAME', 'STATUS', 'LIVENESS', 'RUNTIME', 'RESTARTS', 'TURNS', 'AGE'];
const WIDE = ['HOLDS', 'SUBSCRIPTION', 'PROVIDER', 'HOST', 'PROCESS', 'REVISION', 'LABELS'];

/** The columns that a narrow terminal drops first: the place of an agent matters less than its state and reason. */
const LOSING = [
  'REVISION',
  'PROVIDER',
  'HOST',
  'PROCESS',
  'SUBSCRIPTION',
  'RUNTIME',
  'AGE',
  'RESTARTS',
  'TURNS',
  'USAGE',
  'HOLDS',
];

/** One line for each agent; the reason comes last, because a terminal cuts the last column. */
export function agentsText(agents: readonly AgentRow[], isWide: boolean): string {
  const usage = usageColumn(isWide ? agents : []);
  const head = [...HEAD, ...(isWide ? WIDE : []), ...usage.head, 'REASON'];
  return table(
    head,
    agents.map((agent) => [
      ...columns(agent),
      ...(isWide ? wideColumns(agent) : []),
      ...usage.cell(agent),
      agent.why ?? '-',
    ]),
    LOSING.filter((title) => head.includes(title)),
  );
}

/** The number of turns is that of those in flight, and after a plus sign of those in the queue. */
function columns({ fleet, name, phase, liveness, runtime, restarts, since, view }: AgentRow): string[] {
  const paint = painted(colors());
  const { inFlight, queued } = view?.turns ?? {};
  const turns = inFlight === undefined ? '-' : `${String(inFlight)}${queued ? `+${String(queued)}` : ''}`;
  return [`${fleet}/${name}`, paint(phase), paint(liveness), paint(runtime), String(restarts), turns, age(since)];
}

function wideColumns({ holds, subscription, labels, view }: AgentRow): string[] {
  return [
    holds.join(',') || '-',
    subscription ?? '-',
    view?.provider ?? '-',
    view?.host ?? '-',
    view?.pid === undefined ? '-' : String(view.pid),
    view === undefined ? '-' : String(view.revision),
    labelsText(labels),
  ];
}
