/**
 * Reads the rules of a topology: `max_steps(30)` and the other forms (docs/coordination.md,
 * "Rules").
 */
import { END } from '../../contract/fleet/topology';
import { LONGEST_DURATION_MS } from '../lib/duration';
import { type Line, problemAt, type TopologyProblem } from './problems';
import type { TopologyRules } from './topology';

/** The default limit of turns per branch (docs/coordination.md, "Rules"). */
const DEFAULT_MAX_STEPS = 200;
/**
 * The default limit of turns of a whole run, so that no loop is endless (docs/coordination.md,
 * "Rules").
 */
const DEFAULT_MAX_TURNS_TOTAL = 2_000;
/** The longest time of a rule: ten years, in seconds. */
const MOST_SECONDS = 315_360_000;
/** The longest time of a turn: 30 days. */
const MOST_TURN_SECONDS = LONGEST_DURATION_MS / 1_000;
const MOST = 1_000_000_000;

/** The rules read so far. */
interface Draft {
  timeoutS: number | null;
  maxSteps: number | null;
  maxTurnsTotal: number | null;
  maxAgents: number | null;
  readonly maxTurns: { a: string; b: string; max: number }[];
  readonly byAgent: Map<string, number>;
  defaultS: number | null;
  readonly parallel: string[][];
  readonly points: Set<string>;
  readonly approve: { from: string; to: string }[];
  /** The flows, as `from to`. */
  readonly flows: ReadonlySet<string>;
}

/** The rules, the agents of `convergence_point`, and the problems of all lines. */
export interface ReadRules {
  readonly rules: TopologyRules;
  readonly points: ReadonlySet<string>;
  readonly problems: TopologyProblem[];
}

/** Reads the argument of one rule into the draft, or returns its problem. */
type Reader = (argument: string, draft: Draft, agents: ReadonlySet<string>) => string | undefined;

const REPEATED = 'remove one of the two';

/** A rule with one number as its argument, which may occur once. */
function limit(
  key: 'timeoutS' | 'maxSteps' | 'maxTurnsTotal' | 'maxAgents',
  read: (text: string) => number | undefined,
  expected: string,
): Reader {
  return (argument, draft) => {
    const value = read(argument);
    if (value === undefined) return expected;
    if (draft[key] !== null) return REPEATED;
    draft[key] = value;
    return undefined;
  };
}

const READERS: Readonly<Record<string, Reader>> = {
  timeout: limit('timeoutS', seconds, 'expected seconds, such as timeout(180)'),
  max_steps: limit('maxSteps', whole, 'expected a whole number from 1, such as max_steps(30)'),
  max_turns_total: limit('maxTurnsTotal', whole, 'expected a whole number from 1, such as max_turns_total(500)'),
  max_agents: limit('maxAgents', whole, 'expected a whole number from 1, such as max_agents(5)'),
  max_turns: maxTurns,
  agent_timeout: agentTimeout,
  parallel,
  convergence_point: convergencePoint,
  approve,
};

const RULE = /^\s*([A-Za-z_]+)\s*\((.*)\)\s*$/s;

/** Reads every line; `flows` as `from to`. An unreadable line is a problem and changes nothing. */
export function readRules(lines: readonly Line[], agents: ReadonlySet<string>, flows: ReadonlySet<string>): ReadRules {
  const draft: Draft = {
    timeoutS: null,
    maxSteps: null,
    maxTurnsTotal: null,
    maxAgents: null,
    maxTurns: [],
    byAgent: new Map(),
    defaultS: null,
    parallel: [],
    points: new Set(),
    approve: [],
    flows,
  };
  const problems = lines.flatMap((line) => {
    const [, name = '', argument = ''] = RULE.exec(line.text) ?? [];
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    const why = reader ? reader(argument.trim(), draft, agents) : `known are ${Object.keys(READERS).join(', ')}`;
    if (why === undefined) return [];
    const what = reader && why === REPEATED ? 'Repeated rule' : 'Unknown rule format';
    return [problemAt(line.place, `${what}: ${line.text}; ${why}`)];
  });
  return { rules: toRules(draft), points: draft.points, problems };
}

function toRules(draft: Draft): TopologyRules {
  return {
    timeoutS: draft.timeoutS,
    maxSteps: draft.maxSteps ?? DEFAULT_MAX_STEPS,
    maxTurnsTotal: draft.maxTurnsTotal ?? DEFAULT_MAX_TURNS_TOTAL,
    maxAgents: draft.maxAgents,
    maxTurns: draft.maxTurns,
    agentTimeoutS: { byAgent: Object.fromEntries(draft.byAgent), default: draft.defaultS },
    parallel: draft.parallel,
    ...(draft.approve.length > 0 && { approve: draft.approve }),
  };
}

function maxTurns(argument: string, draft: Draft, agents: ReadonlySet<string>): string | undefined {
  const [, a, b, count = ''] = /^(\S+?)\s*<->\s*([^\s,]+)\s*,\s*(\S+)$/.exec(argument) ?? [];
  const max = whole(count);
  if (a === undefined || b === undefined || max === undefined)
    return 'expected two agents and a whole number from 1, such as max_turns(A <-> B, 3)';
  const unknown = unknownOf([a, b], agents);
  if (unknown !== undefined) return unknown;
  if (a === b) return 'expected two different agents';
  if (draft.maxTurns.some((rule) => [rule.a, rule.b].includes(a) && [rule.a, rule.b].includes(b))) return REPEATED;
  draft.maxTurns.push({ a, b, max });
  return undefined;
}

function agentTimeout(argument: string, draft: Draft, agents: ReadonlySet<string>): string | undefined {
  for (const part of argument.split(',')) {
    const [, agent, time = ''] = /^\s*([^\s:]+)\s*:\s*(\S+)\s*$/.exec(part) ?? [];
    const limitS = seconds(time);
    if (agent === undefined || limitS === undefined || limitS > MOST_TURN_SECONDS)
      return 'expected seconds by agent, such as agent_timeout(A:120, default:90)';
    const unknown = agent === 'default' ? undefined : unknownOf([agent], agents);
    if (unknown !== undefined) return unknown;
    if (agent === 'default' ? draft.defaultS !== null : draft.byAgent.has(agent)) return REPEATED;
    if (agent === 'default') draft.defaultS = limitS;
    else draft.byAgent.set(agent, limitS);
  }
  return undefined;
}

function parallel(argument: string, draft: Draft, agents: ReadonlySet<string>): string | undefined {
  const names = argument.split(',').map((name) => name.trim());
  if (names.length < 2 || names.includes('')) return 'expected two agents or more, such as parallel(A, B)';
  const unknown = unknownOf(names, agents);
  if (unknown !== undefined) return unknown;
  if (new Set(names).size < names.length) return 'expected different agents';
  draft.parallel.push(names);
  return undefined;
}

function convergencePoint(argument: string, draft: Draft, agents: ReadonlySet<string>): string | undefined {
  if (argument === '') return 'expected an agent, such as convergence_point(A)';
  const unknown = unknownOf([argument], agents);
  if (unknown !== undefined) return unknown;
  if (draft.points.has(argument)) return REPEATED;
  draft.points.add(argument);
  return undefined;
}

function approve(argument: string, draft: Draft, agents: ReadonlySet<string>): string | undefined {
  const [, from, to] = /^(\S+?)\s*->\s*(\S+)$/.exec(argument) ?? [];
  if (from === undefined || to === undefined) return 'expected a flow, such as approve(A -> B)';
  const unknown = unknownOf(to === END ? [from] : [from, to], agents);
  if (unknown !== undefined) return unknown;
  if (!draft.flows.has(`${from} ${to}`)) return `the flows have no "${from} -> ${to}"`;
  if (draft.approve.some((gate) => gate.from === from && gate.to === to)) return REPEATED;
  draft.approve.push({ from, to });
  return undefined;
}

function unknownOf(names: readonly string[], agents: ReadonlySet<string>): string | undefined {
  const unknown = names.filter((name) => !agents.has(name));
  return unknown.length === 0 ? undefined : `unknown agent ${unknown.map((name) => `"${name}"`).join(', ')}`;
}

function whole(text: string): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  return value >= 1 && value <= MOST ? value : undefined;
}

/** Seconds, with decimals down to the millisecond. */
function seconds(text: string): number | undefined {
  const value = /^\d{1,9}(?:\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  return value > 0 && value <= MOST_SECONDS ? value : undefined;
}
