/** What `drover up` tells people. */
import type { AgentRef, DroverClient } from '../../client';
import { allPages } from '../../client/temporal/pages';
import { isUnanswered } from '../../client/temporal/unanswered';
import type { AgentListItem, AgentView } from '../../contract/agent';
import type { DroverError } from '../../contract/errors';
import type { FleetFile } from '../../contract/fleet';
import type { UpState } from '../../dev/up-state';
import { colors, compareNames, table } from '../lib/output';
import { painted } from './paint';

/**
 * Agents of the file from their own workflows, or of everything that this directory has. All of them together have `timeoutMs` to
 * answer. The table is only told: nothing of it fails.
 */
export async function agentTable(
  { agents }: DroverClient,
  file: FleetFile | undefined,
  timeoutMs: number,
): Promise<string> {
  const refs = file
    ? file.spec.agents.map(({ name }) => ({ fleet: file.metadata.name, agent: name }))
    : (await allPages<AgentListItem>((page) => agents.list({}, page)))
        .map(({ fleet, name }) => ({ fleet, agent: name }))
        .sort((a, b) => compareNames(`${a.fleet}/${a.agent}`, `${b.fleet}/${b.agent}`));
  if (refs.length === 0) return '';
  const asked = await agents.describeAll(refs, { timeoutMs });
  const rows = asked.flatMap(({ ref, view, error }) => (view ? [row(view)] : rowWithoutView(ref, error)));
  const reasons = asked.flatMap(({ error }) => (isUnanswered(error) ? [error.message] : []));
  return [table(['NAME', 'STATUS', 'RUNTIME', 'LIVENESS', 'PROCESS', 'HOLDS'], rows), ...reasons].join('\n');
}

/** Whoever does not answer is named, and what has ended meanwhile, as a change that goes on may do, is not. */
function rowWithoutView({ fleet, agent }: AgentRef, { code }: DroverError): string[][] {
  if (code === 'AgentNotFound') return [];
  return [[`${fleet}/${agent}`, painted(colors())('unknown'), 'does not answer', '-', '-', '-']];
}

function row(agent: AgentView): string[] {
  const paint = painted(colors());
  const columns = [
    `${agent.fleet}/${agent.name}`,
    paint(agent.status),
    paint(agent.runtime),
    paint(agent.liveness),
    agent.pid === undefined ? '-' : String(agent.pid),
    agent.holds.map(({ name }) => name).join(',') || '-',
  ];
  return columns;
}

/** Addresses. */
export function whereText({ temporal, webUi, gateway, tokenFile }: UpState): string {
  return [
    `Temporal  ${temporal}${webUi === null ? '' : `, Web UI ${webUi}`}`,
    `gateway   ${gateway} (token in ${tokenFile})`,
  ].join('\n');
}

/** Three commands to try next. */
export function nextCommands(file: FleetFile | undefined): string {
  const fleet = file?.metadata.name ?? 'mars';
  const agent = file?.spec.agents.at(-1)?.name ?? 'AgentA';
  const commands = file
    ? ['drover get agents', `drover pause ${fleet}/${agent}`, `drover describe agent ${fleet}/${agent}`]
    : ['drover get agents', 'drover get fleets', 'drover apply -f fleet.yaml'];
  return ['Try next, in this directory:', ...commands.map((command) => `  npx ${command}`)].join('\n');
}

/** What ends it, said where it does not end by itself. */
export function howToStop(destroys: string | undefined): string {
  return destroys === undefined
    ? 'Ctrl-C stops; the agents run on.'
    : `Ctrl-C destroys the fleet ${destroys} and stops.`;
}
