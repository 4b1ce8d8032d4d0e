/**
 * Compiles a topology's text. It reports all problems at once, each with its place and the
 * offending text.
 */
import { DroverError } from '../../contract/errors';
import { NAME_PATTERN, NAME_RULE } from '../../contract/names';
import { RESERVED_NODES, START, TOPOLOGY_LIMITS, type TopologySpec, USER } from '../../contract/fleet/topology';
import { isRecord } from '../lib/parse';
import { readConvergence } from './convergence';
import { type Edge, edgeProblems, readEdges, successorsOf } from './edges';
import { linesOf, problemAt, type TopologyProblem } from './problems';
import { readRules } from './rule-lines';
import type { Topology } from './topology';

/** A compiled topology with its warnings, or every problem of its text. */
export type Compiled =
  | { readonly ok: true; readonly topology: Topology; readonly warnings: string[] }
  | { readonly ok: false; readonly problems: TopologyProblem[] };

/**
 * Compiles a topology. `knownAgents` are the fleet's agents: the nodes if the spec lists none,
 * and the only ones that it may list. Without them (a scenario), every node of the flows is an
 * agent.
 */
export function compileTopology(spec: TopologySpec, knownAgents?: readonly string[]): Compiled {
  return compileLoose(spec, knownAgents);
}

/**
 * The same for plain JSON of any shape. It ignores values of a wrong type, which the schemas
 * report.
 */
export function compileLoose(spec: unknown, knownAgents?: readonly string[]): Compiled {
  const fields = isRecord(spec) ? spec : {};
  const { edges, problems: misread } = readEdges(linesOf('flows', fields['flows']));
  const { agents, problems: misnamed } = agentsOf(fields['agents'], knownAgents, edges);
  const nodes = new Set([...RESERVED_NODES, ...agents]);
  const {
    rules,
    points,
    problems: misruled,
  } = readRules(
    linesOf('rules', fields['rules']),
    new Set(agents),
    new Set(edges.map(({ from, to }) => `${from} ${to}`)),
  );
  const { convergence, problems: diverged } = readConvergence(fields['convergence']);
  const problems = [
    ...misnamed,
    ...misread,
    ...edgeProblems(edges, nodes),
    ...(misread.length > 0 ? [] : startProblems(edges)),
    ...misruled,
    ...diverged,
  ];
  if (problems.length > 0) return { ok: false, problems };
  const successors = successorsOf(nodes, edges);
  const meeting = meetingPoints(edges);
  const rendezvous = agents.filter((agent) => points.has(agent) || meeting.has(agent));
  const warnings = unreachable(agents, successors).map((agent) => `Start cannot reach ${agent}`);
  return { ok: true, topology: { agents, successors, rendezvous, convergence, rules }, warnings };
}

/**
 * The topology. Throws a `DroverError` that names every problem, with `details.problems` as `{path,
 * message}`.
 */
export function mustCompile(
  spec: TopologySpec,
  code: 'InvalidFleet' | 'InvalidScenario' | 'InvalidRequest',
  knownAgents?: readonly string[],
): Topology {
  const compiled = compileTopology(spec, knownAgents);
  if (compiled.ok) return compiled.topology;
  const problems = compiled.problems.map(({ path, message }) => ({ path, message }));
  const all = problems.map(({ path, message }) => `topology.${path}: ${message}`).join('\n');
  throw new DroverError(code, all, { problems });
}

/** The agents in their order, and the problems of their list. */
function agentsOf(listed: unknown, known: readonly string[] | undefined, edges: readonly Edge[]) {
  if (!Array.isArray(listed)) {
    const named = known ?? edges.flatMap(({ from, to }) => [from, to]);
    return { agents: withoutReserved(named), problems: [] };
  }
  const lines = linesOf('agents', listed);
  const seen = new Set<string>();
  const problems = lines.flatMap((line) => {
    const why = nameProblem(line.text, seen, known);
    seen.add(line.text);
    return why === undefined ? [] : [problemAt(line.place, why)];
  });
  return { agents: withoutReserved(lines.map(({ text }) => text)), problems };
}

function withoutReserved(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => !RESERVED_NODES.includes(name));
}

function nameProblem(
  name: string,
  seen: ReadonlySet<string>,
  known: readonly string[] | undefined,
): string | undefined {
  if (!NAME_PATTERN.test(name)) {
    return `invalid name "${name}": use ${NAME_RULE}`;
  }
  if (seen.has(name)) return `duplicate agent "${name}"; list each agent once`;
  const foreign = known !== undefined && !RESERVED_NODES.includes(name) && !known.includes(name);
  return foreign ? `Unknown agent "${name}"; the fleet has ${known.join(', ') || 'none'}` : undefined;
}

/**
 * The problems of Start's flows. Unreadable lines are reported instead, because they may be such
 * flows.
 */
function startProblems(edges: readonly Edge[]): TopologyProblem[] {
  const starts = new Set(edges.flatMap(({ from, to }) => (from === START ? [to] : []))).size;
  if (starts > TOPOLOGY_LIMITS.starts) {
    const limit = `at most ${String(TOPOLOGY_LIMITS.starts)} are allowed`;
    return [problemAt(['flows'], `Start leads to ${String(starts)} agents, ${limit}; put an agent between them`)];
  }
  if (starts > 0) return [];
  return [problemAt(['flows'], 'Start leads nowhere; add a flow such as "Start -> A"')];
}

/**
 * The agents where paths meet: those with more than one predecessor that is not also a successor
 * (docs/coordination.md, "Topology").
 */
function meetingPoints(edges: readonly Edge[]): ReadonlySet<string> {
  const there = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  const oneWay = edges.filter(({ from, to }) => !there.has(`${to} ${from}`));
  const first = new Map<string, string>();
  const meeting = new Set<string>();
  for (const { from, to } of oneWay) {
    if ((first.get(to) ?? from) !== from) meeting.add(to);
    first.set(to, from);
  }
  return meeting;
}

function unreachable(agents: readonly string[], successors: Readonly<Record<string, readonly string[]>>): string[] {
  const reached = new Set([START]);
  // Iterating over a set also visits what is added during the iteration. The human hands nothing
  // over.
  for (const node of reached) if (node !== USER) successors[node]?.forEach((next) => reached.add(next));
  return agents.filter((agent) => !reached.has(agent));
}
