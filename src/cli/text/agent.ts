/** Text of an agent for people. */
import type { AgentView } from '../../contract/agent';
import { labelsText } from '../../contract/agent/labels';
import { utcText } from '../../rules/lib/time';
import { age, when } from './age';
import { colors, facts, table } from '../lib/output';
import { painted } from './paint';
import { troubleFacts } from './trouble';
import { usageFacts } from './usage';

/** How Drover answers a question for permission. */
const PERMISSIONS: Readonly<Record<NonNullable<AgentView['permissions']>, string>> = {
  ask: 'ask: the human answers each question for permission',
  allow: 'allow: each question for permission is answered with yes',
  deny: 'deny: each question for permission is answered with no',
};

/** The text of `describe agent`. It begins with the reason if the agent does not work. */
export function agentText(agent: AgentView): string {
  const paint = painted(colors());
  const { subscription, turns } = agent;
  const lines = facts([
    ['Agent', `${agent.fleet}/${agent.name}`],
    ['Status', paint(agent.phase)],
    ['Runtime', paint(agent.runtime)],
    ['Liveness', paint(agent.liveness)],
    [
      'Holds',
      agent.holds
        .map(
          ({ name, reason, since }) =>
            `${name} since ${utcText(since, 'minutes')}${reason === null ? '' : ` ("${reason}")`}`,
        )
        .join(', ') || '-',
    ],
    ['Turns', `${String(turns.inFlight)} in flight, ${String(turns.queued)} queued`],
    [
      'Provider',
      `${agent.provider}, resource ${agent.resourceId ?? 'unknown'}${agent.pid === undefined ? '' : `, process ${String(agent.pid)}`}`,
    ],
    ...(agent.permissions === undefined ? [] : [['Permissions', PERMISSIONS[agent.permissions]] as const]),
    ['Labels', labelsText(agent.labels)],
    ['Host', agent.host ?? '-'],
    ['Endpoint', agent.endpoint ?? '-'],
    [
      'Subscription',
      subscription
        ? `${subscription.name} of pool ${subscription.pool} (assignment ${String(subscription.assignment)})`
        : '-',
    ],
    ['Restarts', String(agent.restarts)],
    ['Registered', when(agent.registeredAt)],
    ['Last proof', agent.heldBy === undefined ? when(agent.lastProofAt) : 'its gateway vouches for it'],
    ...usageFacts(agent.usage),
    ['Revision', String(agent.revision)],
    ...troubleFacts(agent.troubles),
  ]);
  const decisions = (agent.decisions ?? []).map((made) => [
    when(made.at),
    made.by,
    `${made.accepted ? '' : 'refused: '}${made.what}`,
    `${made.before} -> ${made.after}`,
    made.why ?? '',
  ]);
  const log =
    decisions.length === 0 ? [] : ['', table(['AT', 'BY', 'DECISION', 'CHANGE', 'WHY'], decisions, ['BY', 'CHANGE'])];
  return [...(agent.why === null ? [] : [agent.why, '']), lines, ...turnsTable(agent), ...log].join('\n');
}

/** The turns in flight and queued, each with its run, attempt, age and last error. */
function turnsTable({ openTurns = [] }: AgentView): string[] {
  if (openTurns.length === 0) return [];
  const rows = openTurns.map(({ turnId, state, attempt, since, error }) => [
    turnId,
    state === 'in_flight' ? 'in flight' : 'queued',
    String(attempt),
    age(since),
    error ?? '-',
  ]);
  return ['', table(['TURN', 'STATE', 'ATTEMPT', 'AGE', 'LAST ERROR'], rows, ['ATTEMPT', 'AGE'])];
}
