/** The lines of `drover up` while it stays: crashes, restarts, failures, silences and questions. */
import type { AgentListItem } from '../../../contract/agent';
import type { RunView } from '../../../contract/run';
import { plainText } from '../../../contract/text';

/** The lists at one moment. */
export interface Look {
  readonly agents: readonly AgentListItem[];
  readonly runs: readonly Pick<RunView, 'fleet' | 'run' | 'question'>[];
}

/** One line for each change between two looks. */
export function newsLines(before: Look, after: Look): string[] {
  const agents = new Map(before.agents.map((agent) => [agentName(agent), agent]));
  const asked = new Set(before.runs.flatMap(questionKeys));
  return [
    ...after.agents.flatMap((agent) => agentLines(agents.get(agentName(agent)), agent)),
    ...after.runs.filter((run) => questionKeys(run).some((key) => !asked.has(key))).map(questionLine),
  ];
}

function agentLines(before: AgentListItem | undefined, after: AgentListItem): string[] {
  const { phase, liveness, restarts, why } = after;
  if (before === undefined) return [];
  const isNews = (phase === 'restarting' || phase === 'failed') && before.phase !== phase;
  const isSilent = liveness === 'offline' && before.liveness !== 'offline' && phase === 'running';
  if (isNews || isSilent) return [`${agentName(after)}: ${why ?? phase}`];
  if (restarts > before.restarts || (phase === 'running' && before.phase === 'restarting')) {
    // A look may come before the agent runs, or after; the line is told once.
    return [`${agentName(after)} ${phase === 'running' ? 'runs' : 'starts'} again, restart ${String(restarts)}`];
  }
  return [];
}

function questionLine({ fleet, run, question }: Look['runs'][number]): string {
  return `${question?.agent ?? ''} asks in run ${fleet}/${run}: ${plainText(question?.question)}: drover answer ${fleet}/${run} TEXT`;
}

function questionKeys({ fleet, run, question }: Look['runs'][number]): string[] {
  return question === null ? [] : [`${fleet}/${run} ${question.since}`];
}

function agentName({ fleet, name }: AgentListItem): string {
  return `${fleet}/${name}`;
}
