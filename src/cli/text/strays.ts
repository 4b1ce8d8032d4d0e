/** The text of `drover doctor` about agents that run without a control plane. */

/** An agent, with the ids of its processes. */
export interface StrayAgent {
  readonly fleet: string;
  readonly agent: string;
  readonly processes?: readonly number[];
}

/** The most agents that are named. */
const AGENTS_SHOWN = 10;

/** Names the agents with the ids of their processes, and says what to do. */
export function strayText(running: readonly StrayAgent[]): string {
  const named = running
    .slice(0, AGENTS_SHOWN)
    .map(({ fleet, agent, processes = [] }) => `${fleet}/${agent} (${processes.map(String).join(', ')})`);
  const more = running.length - named.length;
  const all = [...named, ...(more > 0 ? [`and ${String(more)} more`] : [])].join(', ');
  const fleets = [...new Set(running.map(({ fleet }) => fleet))];
  const what = running.length === 1 ? '1 agent runs' : `${String(running.length)} agents run`;
  const wayOn = `drover up in this directory gets ${running.length === 1 ? 'it' : 'them'} back; drover destroy ${fleets.length === 1 ? String(fleets[0]) : 'FLEET'} while it is up removes ${running.length === 1 ? 'it' : 'them'}`;
  return `${what} without drover up: ${all}; ${wayOn}`;
}
