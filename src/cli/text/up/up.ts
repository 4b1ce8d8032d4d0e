/** Messages of `drover up`. */
import type { AgentRef, DroverClient } from '../../../client';
import { allPages } from '../../../client/temporal/pages';
import { isUnanswered } from '../../../client/temporal/unanswered';
import type { AgentListItem, AgentView } from '../../../contract/agent';
import type { DroverError } from '../../../contract/errors';
import type { FleetFile } from '../../../contract/fleet';
import type { UpState } from '../../../dev/up-state';
import { desiredAgents } from '../../../rules/fleet/plan/plan';
import { colors, compareNames, table } from '../../lib/output';
import { painted } from '../paint';

/**
 * The table of the agents of the file, or of all agents of this installation. All of them together
 * have `timeoutMs` to answer. An agent that does not answer is a row, not an error.
 */
export async function agentTable(
  { agents }: DroverClient,
  file: FleetFile | undefined,
  timeoutMs: number,
): Promise<string> {
  const refs = file
    ? desiredAgents(file.spec).map(({ name }) => ({ fleet: file.metadata.name, agent: name }))
    : (await allPages<AgentListItem>((page) => agents.list({}, page)))
        .map(({ fleet, name }) => ({ fleet, agent: name }))
        .sort((a, b) => compareNames(`${a.fleet}/${a.agent}`, `${b.fleet}/${b.agent}`));
  if (refs.length === 0) return '';
  const asked = await agents.describeAll(refs, { timeoutMs });
  const rows = asked.flatMap(({ ref, view, error }) => (view ? [row(view)] : rowWithoutView(ref, error)));
  const reasons = asked.flatMap(({ error }) => (isUnanswered(error) ? [error.message] : []));
  return [
    table(['NAME', 'STATUS', 'RUNTIME', 'LIVENESS', 'PROCESS', 'HOLDS'], rows, ['PROCESS', 'RUNTIME']),
    ...reasons,
  ].join('\n');
}

/**
 * The row of an agent that does not answer. An agent that a running change has ended has no row.
 */
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

/** The addresses of the services. */
export function whereText({ temporal, webUi, gateway, tokenFile }: UpState): string {
  return [
    `Temporal  ${temporal}${webUi === null ? '' : `, Web UI ${webUi}`}`,
    `gateway   ${gateway} (token in ${tokenFile})`,
  ].join('\n');
}

/** Commands to try next. */
export function nextCommands(file: FleetFile | undefined): string {
  const fleet = file?.metadata.name ?? 'mars';
  const agent = file === undefined ? 'AgentA' : (desiredAgents(file.spec).at(-1)?.name ?? 'AgentA');
  const runs = file?.spec.topology === undefined ? [] : [`drover run ${fleet} "your task"`];
  const commands = file
    ? ['drover get agents', ...runs, `drover pause ${fleet}/${agent}`, `drover describe agent ${fleet}/${agent}`]
    : ['drover get agents', 'drover get fleets', 'drover apply -f fleet.yaml'];
  return ['Try next, in this directory:', ...commands.map((command) => `  npx ${command}`)].join('\n');
}
