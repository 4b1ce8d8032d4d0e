/** `drover describe agent|fleet|run NAME`: from the object's own workflow. */
import type { Command } from 'commander';
import type { AgentView } from '../contract/agent';
import type { ChangeView, FleetView } from '../contract/fleet';
import type { RunView } from '../contract/runs';
import { agentRef, fleetName, runRef } from './arguments';
import { type ConnectionFlags, withClient, withConnection } from './connection';
import { colors, type Format, print, table, withOutput } from './output';
import { painted } from './paint';

interface DescribeFlags extends ConnectionFlags {
  readonly output: Format;
}

export function register(program: Command): void {
  const describe = program.command('describe');
  const one = (name: string, argument: string) => withOutput(withConnection(describe.command(name).argument(argument)));

  one('agent', '<fleet/agent>').action(async (name: string, flags: DescribeFlags) => {
    const view = await withClient(flags, ({ agents }) => agents.describe(agentRef(name)));
    await print(flags.output, { data: view, names: [`${view.fleet}/${view.name}`], text: () => agentText(view) });
  });
  one('fleet', '<fleet>').action(async (name: string, flags: DescribeFlags) => {
    const view = await withClient(flags, ({ fleets }) => fleets.describe(fleetName(name)));
    await print(flags.output, { data: view, names: [view.fleet], text: () => fleetText(view) });
  });
  one('run', '<fleet/run>').action(async (name: string, flags: DescribeFlags) => {
    const view = await withClient(flags, ({ runs }) => runs.describe(runRef(name)));
    await print(flags.output, { data: view, names: [`${view.fleet}/${view.run}`], text: () => runText(view) });
  });
}

function agentText(agent: AgentView): string {
  const paint = painted(colors());
  const { subscription, turns } = agent;
  const lines = facts([
    ['Agent', `${agent.fleet}/${agent.name}`],
    ['Status', paint(agent.status)],
    ['Runtime', paint(agent.runtime)],
    ['Liveness', paint(agent.liveness)],
    [
      'Holds',
      agent.holds
        .map(({ name, reason, since }) => `${name} since ${since}${reason === null ? '' : ` ("${reason}")`}`)
        .join(', ') || '-',
    ],
    ['Turns', `${String(turns.inFlight)} in flight, ${String(turns.queued)} queued`],
    [
      'Provider',
      `${agent.provider}, resource ${agent.resourceId ?? 'unknown'}${agent.pid === undefined ? '' : `, process ${String(agent.pid)}`}`,
    ],
    ['Host', agent.host ?? '-'],
    ['Endpoint', agent.endpoint ?? '-'],
    [
      'Subscription',
      subscription
        ? `${subscription.name} of pool ${subscription.pool} (assignment ${String(subscription.assignment)})`
        : '-',
    ],
    ['Registered', agent.registeredAt ?? '-'],
    ['Last proof', agent.lastProofAt ?? '-'],
    ['Revision', String(agent.revision)],
  ]);
  const decisions = (agent.decisions ?? []).map((made) => [
    made.at,
    made.by,
    `${made.accepted ? '' : 'refused: '}${made.what}`,
    `${made.before} -> ${made.after}`,
    made.why ?? '',
  ]);
  const log = decisions.length === 0 ? [] : ['', table(['AT', 'BY', 'DECISION', 'CHANGE', 'WHY'], decisions)];
  return [...(agent.why === null ? [] : [agent.why, '']), lines, ...log].join('\n');
}

function fleetText(fleet: FleetView): string {
  const { change } = fleet;
  const lines = facts([
    ['Fleet', fleet.fleet],
    ['Revision', String(fleet.revision)],
    ['Holds', fleet.holds.map(({ name }) => name).join(', ') || '-'],
    ['Change', change ? changeLine(change) : '-'],
    ['Flows', fleet.spec.topology?.flows.join(', ') ?? '-'],
  ]);
  const agents = Object.entries(fleet.agents).map(([name, { resourceId, revision }]) => [
    name,
    resourceId ?? '-',
    String(revision),
  ]);
  return [lines, '', table(['AGENT', 'RESOURCE', 'REVISION'], agents)].join('\n');
}

function changeLine({ revision, state, steps, error, compensation }: ChangeView): string {
  const ready = `${String(steps.ready)} of ${String(steps.total)} ready`;
  const undone =
    compensation === null ? '' : `, compensation ${compensation.state} (attempt ${String(compensation.attempt)})`;
  return `revision ${String(revision)} ${painted(colors())(state)}, ${ready}${undone}${error === null ? '' : `: ${error}`}`;
}

function runText(run: RunView): string {
  const paint = painted(colors());
  const { question, result } = run;
  const lines = facts([
    ['Run', `${run.fleet}/${run.run}`],
    ['State', paint(run.state)],
    [
      'Question',
      question
        ? `${question.agent} asks: ${JSON.stringify(question.question)} (drover answer ${run.fleet}/${run.run} TEXT)`
        : '-',
    ],
    [
      'Answer',
      result === null
        ? '-'
        : result.success
          ? JSON.stringify(result.finalResponse)
          : `none: ${result.error ?? 'unknown'}`,
    ],
  ]);
  const branches = run.branches.map((branch) => [
    branch.id,
    branch.agents.join(' > '),
    String(branch.turns),
    paint(branch.outcome),
    seconds(branch.startedAt, branch.endedAt),
    branch.error ?? '',
  ]);
  return [lines, '', table(['BRANCH', 'AGENTS', 'TURNS', 'OUTCOME', 'TOOK', 'ERROR'], branches)].join('\n');
}

function seconds(from: string, to: string | null): string {
  return to === null ? '-' : `${((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(1)}s`;
}

/** Names and values in two columns. */
function facts(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${`${name}:`.padEnd(width)} ${value}`).join('\n');
}
