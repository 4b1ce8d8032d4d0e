/** The last message of `drover up`: the agents that run on. */
import type { RunningAgents } from '../../lib/running-agents';

/** The most fleets that are named. */
const FLEETS_SHOWN = 5;

/**
 * The last message: which agents still run, and how to manage or remove them; undefined if none does.
 * `running` null: they could not be counted.
 */
export function farewell(running: RunningAgents | null): string | undefined {
  if (running === null)
    return 'drover: agents that run go on. "drover up" in this directory gets them back; drover destroy FLEET while it is up removes them.';
  const many = sum(running);
  if (many === 0) return undefined;
  const [who, them] = many === 1 ? ['1 agent runs', 'it'] : [`${String(many)} agents run`, 'them'];
  const destroy = `drover destroy ${onlyFleet(running) ?? 'FLEET'} while it is up`;
  return `drover: ${who} on${running.size === 1 ? '' : ofFleets(running)}. "drover up" in this directory gets ${them} back; ${destroy} removes ${them}.`;
}

/** How to end `drover up`, for when it stays. `destroys`: the fleet that it destroys then; `others` run without that fleet. */
export function howToStop(destroys: string | undefined, others: RunningAgents | null): string {
  const stops = destroys === undefined ? 'Ctrl-C stops' : `Ctrl-C destroys the fleet ${destroys} and stops`;
  if (others === null) return `${stops}; agents that run go on.`;
  const many = sum(others);
  if (many === 0) return `${stops}.`;
  return `${stops}; ${many === 1 ? 'the agent' : `the ${String(many)} agents`}${ofFleets(others)} ${many === 1 ? 'keeps' : 'keep'} running.`;
}

function ofFleets(running: RunningAgents): string {
  const [first, ...rest] = [...running];
  if (first === undefined) return '';
  if (rest.length === 0) return ` of fleet ${first[0]}`;
  const shown = [...running].slice(0, FLEETS_SHOWN).map(([fleet, many]) => `${String(many)} of ${fleet}`);
  const more = running.size - shown.length;
  return ` (${[...shown, ...(more > 0 ? [`${String(more)} more fleets`] : [])].join(', ')})`;
}

function onlyFleet(running: RunningAgents): string | undefined {
  return running.size === 1 ? [...running.keys()][0] : undefined;
}

function sum(running: RunningAgents): number {
  return [...running.values()].reduce((total, many) => total + many, 0);
}
